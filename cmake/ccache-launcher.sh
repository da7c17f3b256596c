#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles through ccache, but makes precompiled headers without it: ccache takes the old precompiled
# header for an input of the new one and brings back the old one.
for word in "$@"; do
  [ "$word" = c++-header ] && exec "$@"
done
# ccache uses precompiled headers only when told that time stamps do not matter.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
exec ccache "$@"
