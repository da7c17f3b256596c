# SPDX-License-Identifier: Apache-2.0
# Has PROGRAM train a small model with the reparameterization NAME of a plugin in PLUGINS, in the
# empty folder WORK, and run a pipeline that draws with it: with the plugin, and without it.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(CONFIGURE OUTPUT "${WORK}/train.yaml" @ONLY CONTENT [[
model: vae
options:
  image_size: 32
  filters: [8, 16]
  latent: 4
  epochs: 1
  batch: 4
  reparameterization: @NAME@
  scale: 0.5
]])
file(CONFIGURE OUTPUT "${WORK}/preview.yaml" @ONLY CONTENT [[
name: preview
stages:
  - vae.encode: {model: model.safetensors}
  - reparameterize: {function: @NAME@, scale: 20}
  - vae.decode: {model: model.safetensors}
  - save-image: {to: "preview/{id}.png"}
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

smear(0 synth "${WORK}/smears" --count 8 --size 64x64 --seed 1)
set(images "${WORK}/smears/images")
set(train train "${WORK}/train.yaml" --data "${images}")
set(run run "${WORK}/preview.yaml" "${images}")

smear(2 ${train} -o "${WORK}/never.safetensors")
expect("${NAME}")
if(EXISTS "${WORK}/never.safetensors")
  message(FATAL_ERROR "a training that cannot be begun left a model")
endif()
smear(0 ${train} -o "${WORK}/model.safetensors" --plugin-dir "${PLUGINS}")

smear(2 ${run} -o "${WORK}/without")
expect("${NAME}")
smear(0 ${run} -o "${WORK}/out" --plugin-dir "${PLUGINS}")
file(GLOB_RECURSE written "${WORK}/out/preview/*.png")
list(LENGTH written count)
if(NOT count EQUAL 8)
  message(FATAL_ERROR "8 images were to be written, not: ${written}")
endif()

# Another factor of the noise is another image: the plugin's own option counts.
smear(0 ${run} -o "${WORK}/still" --plugin-dir "${PLUGINS}" --set reparameterize.scale=0.001)
foreach(file IN LISTS written)
  string(REPLACE "${WORK}/out/" "${WORK}/still/" other "${file}")
  file(SHA256 "${file}" one)
  file(SHA256 "${other}" two)
  if(one STREQUAL two)
    message(FATAL_ERROR "${file} does not depend on the scale of the noise")
  endif()
endforeach()
