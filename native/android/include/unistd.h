// musl's unistd.h with Android's numbers for sysconf: only the one in use, so that another one does not compile.
#include_next <unistd.h>
#ifndef APPROX_ANDROID_UNISTD_H_
#define APPROX_ANDROID_UNISTD_H_
#undef _SC_PAGE_SIZE
#undef _SC_PAGESIZE
#undef _SC_NPROCESSORS_CONF
#undef _SC_NPROCESSORS_ONLN
#undef _SC_PHYS_PAGES
#undef _SC_AVPHYS_PAGES
#undef _SC_CLK_TCK
#undef _SC_OPEN_MAX
#define _SC_PAGESIZE 0x0027
#endif
