# SPDX-License-Identifier: Apache-2.0
# cmake -DINPUT=file -DOUTPUT=file.cpp -DHEADER=header.h -DFUNCTION=ns::name -P EmbedText.cmake
#
# Writes a source file whose function returns the text of INPUT, so that the program needs no file
# beside it.
file(READ "${INPUT}" text)
string(FIND "${text}" ")smear-text\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the mark that ends the string it is embedded as")
endif()
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"\n\nstd::string_view ${FUNCTION}() {\n"
  "  return R\"smear-text(${text})smear-text\";\n}\n")
