// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace smear {

/// A file name or path as a person or a UTF-8 document may see it: valid UTF-8 on one line. Bytes
/// that are not part of a valid UTF-8 sequence, and control characters (U+0000..U+001F and
/// U+007F..U+009F), become `\xNN` with upper-case digits, one for each byte. A backslash
/// becomes `\x5C` where it would read as such an escape and stays as it is elsewhere, so that two
/// different names never look alike.
[[nodiscard]] std::string display(std::string_view raw_bytes);

/// The same for text of several lines: line feeds, tabs and every backslash are kept.
[[nodiscard]] std::string display_text(std::string_view raw_bytes);

}  // namespace smear
