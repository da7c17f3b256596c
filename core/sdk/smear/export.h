// SPDX-License-Identifier: Apache-2.0
#pragma once

// libsmear_sdk is shared by the program and its plugins and hides everything it does not name.
#define SMEAR_SDK_API __attribute__((visibility("default")))
