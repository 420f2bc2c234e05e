# Every public header compiles alone.
add_test(NAME headers COMMAND ${PROJECT_SOURCE_DIR}/tools/check_headers.py ${CMAKE_CXX_COMPILER}
                              -isystem ${HDF5_INCLUDE})
