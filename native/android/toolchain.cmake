# Builds libapproxlite.so for Android, API 27 and later:
#   cmake -S native -B build/android/arm64-v8a -G Ninja -DCMAKE_BUILD_TYPE=Release
#     -DCMAKE_TOOLCHAIN_FILE=android/toolchain.cmake -DANDROID_ABI=arm64-v8a   (or x86_64)
# With the NDK, where ANDROID_NDK_HOME names one, and it is what a release should be built with. Otherwise with Debian's
# clang over the small system root that native/android/make-sysroot makes, named by APPROX_ANDROID_SYSROOT; what that
# means is said in native/android/README.md.
set(ANDROID_ABI "arm64-v8a" CACHE STRING "arm64-v8a or x86_64")
set(APPROX_ANDROID_SYSROOT "" CACHE PATH "Made by native/android/make-sysroot; the NDK is not used then")
set(APPROX_ANDROID_API 27)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ANDROID_ABI APPROX_ANDROID_SYSROOT)

if(NOT APPROX_ANDROID_SYSROOT)
  foreach(variable ANDROID_NDK_HOME ANDROID_NDK_ROOT ANDROID_NDK)
    if(EXISTS "$ENV{${variable}}/build/cmake/android.toolchain.cmake")
      set(ANDROID_PLATFORM android-${APPROX_ANDROID_API})
      set(ANDROID_STL c++_static)
      set(ANDROID_SUPPORT_FLEXIBLE_PAGE_SIZES ON) # pages of 16 KiB, also before NDK r28
      include("$ENV{${variable}}/build/cmake/android.toolchain.cmake")
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "set ANDROID_NDK_HOME to an NDK, or APPROX_ANDROID_SYSROOT to what native/android/make-sysroot made")
endif()

set(CMAKE_SYSTEM_NAME Linux) # "Android" makes CMake look for an NDK
set(ANDROID TRUE)
if(ANDROID_ABI STREQUAL "arm64-v8a")
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(extra "-mno-outline-atomics") # whose helpers are the compiler's own library
elseif(ANDROID_ABI STREQUAL "x86_64")
  set(CMAKE_SYSTEM_PROCESSOR x86_64)
  set(extra "-march=x86-64-v2") # what Android promises of the ABI
else()
  message(FATAL_ERROR "ANDROID_ABI is ${ANDROID_ABI}, which is neither arm64-v8a nor x86_64")
endif()

set(triple ${CMAKE_SYSTEM_PROCESSOR}-linux-android${APPROX_ANDROID_API})
set(libcxx "-nostdinc++ -isystem ${APPROX_ANDROID_SYSROOT}/usr/include/c++/v1")
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET ${triple})
set(CMAKE_CXX_COMPILER_TARGET ${triple})
set(CMAKE_SYSROOT ${APPROX_ANDROID_SYSROOT})
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "${extra} -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_INIT "${extra} -ffunction-sections -fdata-sections ${libcxx}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT
  "-fuse-ld=lld-19 -nodefaultlibs -Wl,-z,defs -Wl,-z,max-page-size=16384 -Wl,--gc-sections -Wl,--build-id=sha1")
set(CMAKE_CXX_STANDARD_LIBRARIES "-lc++_static -lm -ldl -lc")
