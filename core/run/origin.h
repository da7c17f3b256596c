// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace smear {

/// This machine's name, empty where it has none.
std::string host_name();

/// Seconds since 1970 as "2024-05-01T12:00:00Z".
std::string utc_time(double seconds);

/// The words of the command that started this program.
std::vector<std::string> command_words();

/// A word as it is typed into a shell: in quotes where it needs them.
std::string shell_word(std::string_view word);

}  // namespace smear
