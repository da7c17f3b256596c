# SPDX-License-Identifier: Apache-2.0
# Has PROGRAM write a plugin NAME of this KIND into DIRECTORY, anew.
file(REMOVE_RECURSE "${DIRECTORY}")
execute_process(COMMAND "${PROGRAM}" new-plugin ${NAME} --kind ${KIND} --directory "${DIRECTORY}"
                COMMAND_ERROR_IS_FATAL ANY)
