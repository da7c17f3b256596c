// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace smear::report {

/// The link from an HTML page to the file at `path`: a relative reference where the path is
/// relative (to the page's folder), a `file://` URL where it is absolute, "" for "". Every byte but
/// the unreserved characters of RFC 3986 and `/` is percent-encoded, so any name that a file can
/// have works, whatever its encoding.
[[nodiscard]] std::string file_url(std::string_view path);

}  // namespace smear::report
