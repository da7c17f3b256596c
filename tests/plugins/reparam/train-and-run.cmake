# SPDX-License-Identifier: Apache-2.0
# Has PROGRAM train a small model with each reparameterization of NAMES, in the empty folder WORK,
# and run a pipeline that draws with it, by the model's own parameters where it has some.
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

function(smear)
  execute_process(COMMAND "${PROGRAM}" ${ARGN} RESULT_VARIABLE code
                  OUTPUT_VARIABLE printed ERROR_VARIABLE printed)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "smear ${ARGN}: exit code ${code}\n${printed}")
  endif()
endfunction()

smear(synth "${WORK}/smears" --count 4 --size 64x64 --seed 1)
foreach(name IN LISTS NAMES)
  file(CONFIGURE OUTPUT "${WORK}/${name}.train.yaml" @ONLY CONTENT [[
model: vae
options:
  image_size: 32
  filters: [4, 8]
  latent: 3
  epochs: 2
  batch: 4
  draws: 2
  free_bits: 0.1
  reparameterization: @name@
]])
  file(CONFIGURE OUTPUT "${WORK}/${name}.yaml" @ONLY CONTENT [[
stages:
  - vae.encode: {model: @name@.safetensors}
  - reparameterize: {function: @name@, model: @name@.safetensors, draws: 3}
  - vae.decode: {model: @name@.safetensors}
  - save-image: {to: "images/{id}.png"}
]])
  smear(train "${WORK}/${name}.train.yaml" --data "${WORK}/smears/images"
        -o "${WORK}/${name}.safetensors")
  smear(run "${WORK}/${name}.yaml" "${WORK}/smears/images" -o "${WORK}/${name}")
  file(GLOB_RECURSE written "${WORK}/${name}/images/*.png")
  list(LENGTH written count)
  if(NOT count EQUAL 4)
    message(FATAL_ERROR "${name}: 4 images were to be written, not: ${written}")
  endif()
endforeach()
list(LENGTH NAMES count)
if(count LESS 13)
  message(FATAL_ERROR "13 reparameterizations or more were to be tried, not: ${NAMES}")
endif()
