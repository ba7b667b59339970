# Builds for arm64 Linux on another computer and runs the tests under emulation:
#   cmake -S native -B build/arm64 -G Ninja -DAPPROX_TESTS=ON -DCMAKE_TOOLCHAIN_FILE=test/arm64.cmake
#   cmake --build build/arm64 && ctest --test-dir build/arm64
# QEMU_CPU names the CPU, e.g. cortex-a53; without it, one with everything.
# Debian packages: g++-aarch64-linux-gnu, qemu-user, googletest.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
