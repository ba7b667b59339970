/* Preloaded into adbd: wildcard binds become loopback ones, and AF_VSOCK is refused, so that nothing outside this machine
 * reaches a device of the test farm. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol) {
  static int (*real)(int, int, int);
  if (!real) real = dlsym(RTLD_NEXT, "socket");
  if (domain == AF_VSOCK) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  return real(domain, type, protocol);
}

int bind(int descriptor, const struct sockaddr* address, socklen_t size) {
  static int (*real)(int, const struct sockaddr*, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "bind");
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 to;
    memcpy(&to, address, sizeof to);
    if (!memcmp(&to.sin6_addr, &in6addr_any, sizeof in6addr_any)) {
      inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr);
      return real(descriptor, (void*)&to, sizeof to);
    }
  }
  if (address->sa_family == AF_INET) {
    struct sockaddr_in to;
    memcpy(&to, address, sizeof to);
    if (to.sin_addr.s_addr == htonl(INADDR_ANY)) to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return real(descriptor, (void*)&to, sizeof to);
  }
  return real(descriptor, address, size);
}
