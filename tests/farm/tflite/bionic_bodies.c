// Bodies of the functions of Android's libc that differ from those of glibc. ANDROID says what name one answers to;
// GLIBC says which version of a function is called, or it would call itself.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#ifdef __aarch64__
#define GV "GLIBC_2.17"
#define GX GV
#else
#define GV "GLIBC_2.2.5"
#define GX "GLIBC_2.3.4"
#endif
#define ANDROID(fn, name) __asm__(".symver " #fn "," #name "@@@LIBC")
#define GLIBC(fn, name, v) __asm__(".symver " #fn "," #name "@" v)

int* sh_errno(void) { return &errno; }
ANDROID(sh_errno, __errno);

extern long g_sysconf(int);
GLIBC(g_sysconf, sysconf, GV);
long sh_sysconf(int n) {
  switch (n) {  // bionic ids
    case 6: return g_sysconf(_SC_CLK_TCK);
    case 39:
    case 40: return g_sysconf(_SC_PAGESIZE);
    case 96: return g_sysconf(_SC_NPROCESSORS_CONF);
    case 97: return g_sysconf(_SC_NPROCESSORS_ONLN);
    case 98: return g_sysconf(_SC_PHYS_PAGES);
    case 99: return g_sysconf(_SC_AVPHYS_PAGES);
    default: errno = EINVAL; return -1;
  }
}
ANDROID(sh_sysconf, sysconf);

// bionic's FILE array: 152 bytes each on LP64; stdin, stdout, stderr. Only the addresses matter.
char sh_sF[3 * 152];
ANDROID(sh_sF, __sF);
extern FILE *g_stdin, *g_stdout, *g_stderr;
GLIBC(g_stdin, stdin, GV);
GLIBC(g_stdout, stdout, GV);
GLIBC(g_stderr, stderr, GV);
FILE* sh_stderr;
ANDROID(sh_stderr, stderr);
static FILE* real(FILE* f) {
  uintptr_t d = (uintptr_t)f - (uintptr_t)sh_sF;
  if (d < sizeof sh_sF) return d < 152 ? g_stdin : d < 304 ? g_stdout : g_stderr;
  return f;
}
__attribute__((constructor)) static void init_std(void) { sh_stderr = (FILE*)(sh_sF + 304); }

extern int g_vfprintf(FILE*, const char*, va_list);
GLIBC(g_vfprintf, vfprintf, GV);
int sh_vfprintf(FILE* f, const char* s, va_list a) { return g_vfprintf(real(f), s, a); }
ANDROID(sh_vfprintf, vfprintf);
int sh_fprintf(FILE* f, const char* s, ...) {
  va_list a;
  va_start(a, s);
  int r = g_vfprintf(real(f), s, a);
  va_end(a);
  return r;
}
ANDROID(sh_fprintf, fprintf);
extern int g_fputc(int, FILE*);
GLIBC(g_fputc, fputc, GV);
int sh_fputc(int c, FILE* f) { return g_fputc(c, real(f)); }
ANDROID(sh_fputc, fputc);
extern int g_fputs(const char*, FILE*);
GLIBC(g_fputs, fputs, GV);
int sh_fputs(const char* s, FILE* f) { return g_fputs(s, real(f)); }
ANDROID(sh_fputs, fputs);
extern size_t g_fwrite(const void*, size_t, size_t, FILE*);
GLIBC(g_fwrite, fwrite, GV);
size_t sh_fwrite(const void* p, size_t n, size_t m, FILE* f) { return g_fwrite(p, n, m, real(f)); }
ANDROID(sh_fwrite, fwrite);
extern int g_fflush(FILE*);
GLIBC(g_fflush, fflush, GV);
int sh_fflush(FILE* f) { return g_fflush(f ? real(f) : f); }
ANDROID(sh_fflush, fflush);
extern int g_fileno(FILE*);
GLIBC(g_fileno, fileno, GV);
int sh_fileno(FILE* f) { return g_fileno(real(f)); }
ANDROID(sh_fileno, fileno);
extern int g_fclose(FILE*);
GLIBC(g_fclose, fclose, GV);
int sh_fclose(FILE* f) { return real(f) == f ? g_fclose(f) : 0; }
ANDROID(sh_fclose, fclose);

extern int g_xpg(int, char*, size_t);
GLIBC(g_xpg, __xpg_strerror_r, GX);
int sh_strerror_r(int e, char* b, size_t n) { return g_xpg(e, b, n); }
ANDROID(sh_strerror_r, strerror_r);
extern size_t g_strlen(const char*);
GLIBC(g_strlen, strlen, GV);
size_t sh_strlen_chk(const char* s, size_t n) {
  (void)n;
  return g_strlen(s);
}
ANDROID(sh_strlen_chk, __strlen_chk);
extern char* g_strchr(const char*, int);
GLIBC(g_strchr, strchr, GV);
char* sh_strchr_chk(const char* s, int c, size_t n) {
  (void)n;
  return g_strchr(s, c);
}
ANDROID(sh_strchr_chk, __strchr_chk);
int sh_prop(const char* k, char* v) {
  (void)k;
  v[0] = 0;
  return 0;
}
ANDROID(sh_prop, __system_property_get);
void sh_abort_msg(const char* m) { (void)m; }
ANDROID(sh_abort_msg, android_set_abort_message);
extern void g_abort(void) __attribute__((noreturn));
GLIBC(g_abort, abort, GV);
void sh_assert2(const char* f, int l, const char* fn, const char* e) {
  sh_fprintf((FILE*)(sh_sF + 304), "%s:%d: %s: assertion \"%s\" failed\n", f, l, fn, e);
  g_abort();
}
ANDROID(sh_assert2, __assert2);
