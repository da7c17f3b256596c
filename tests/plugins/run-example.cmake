# SPDX-License-Identifier: Apache-2.0
# Runs PROGRAM with a pipeline that names a stage of a plugin in PLUGINS, in the empty folder WORK:
# with the plugin, without it, and with one that is refused.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(WRITE "${WORK}/hello.yaml" [[
name: hello
stages:
  - hello-world: {text: Good morning}
  - save-image: {to: "hello/{id}.png"}
]])

function(smear expected)
  execute_process(COMMAND "${PROGRAM}" ${ARGN} RESULT_VARIABLE code
                  OUTPUT_VARIABLE printed ERROR_VARIABLE printed)
  if(NOT code EQUAL expected)
    message(FATAL_ERROR "smear ${ARGN}: exit code ${code}, not ${expected}\n${printed}")
  endif()
  set(printed "${printed}" PARENT_SCOPE)
endfunction()

function(expect text)
  string(FIND "${printed}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "'${text}' is not in:\n${printed}")
  endif()
endfunction()

smear(0 synth "${WORK}/smears" --count 2 --size 160x120 --seed 1)
set(run run "${WORK}/hello.yaml" "${WORK}/smears/images")

smear(0 ${run} -o "${WORK}/out" --plugin-dir "${PLUGINS}")
file(GLOB_RECURSE written "${WORK}/out/hello/*.png")
list(LENGTH written count)
if(NOT count EQUAL 2)
  message(FATAL_ERROR "2 images were to be written, not: ${written}")
endif()

smear(2 ${run} -o "${WORK}/without")
expect("hello-world")

# The same library, with a manifest that is of an API to come.
file(COPY "${PLUGINS}/hello-world.so" DESTINATION "${WORK}/refused")
file(READ "${PLUGINS}/hello-world.smear.json" manifest)
string(JSON manifest SET "${manifest}" api_minor 99)
file(WRITE "${WORK}/refused/hello-world.smear.json" "${manifest}")
smear(4 ${run} -o "${WORK}/never" --plugin-dir "${WORK}/refused")
expect("built for API 2.99, this smear offers 2.0")
if(EXISTS "${WORK}/never")
  message(FATAL_ERROR "a run that cannot be made left ${WORK}/never")
endif()
