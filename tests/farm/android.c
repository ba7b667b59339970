// Stands for Android's tools on a device of the farm: hands its name, arguments and, where asked, its input to the
// program that answers for Android at the socket /data/farm/android, and prints what that says.
//   to it: words, a count and then each with its length; chunks of input with their lengths, an empty one at the end
//   from it: 1 and 2: text for stdout and stderr with its length; 3: wants the input; 0: ends with this status
// All numbers have 32 bits, the highest first; what comes from it begins with a byte.
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int system_socket;

static void gone(void) {
  fprintf(stderr, "cmd: Failure calling service: Broken pipe\n");
  exit(224);
}

static void put(const void* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = send(system_socket, bytes, count, MSG_NOSIGNAL);
    if (written <= 0) gone();
    bytes = (const char*)bytes + written;
    count -= (size_t)written;
  }
}

static void put_number(uint32_t number) {
  number = htonl(number);
  put(&number, sizeof number);
}

static void get(void* bytes, size_t count) {
  while (count > 0) {
    const ssize_t taken = read(system_socket, bytes, count);
    if (taken <= 0) gone();
    bytes = (char*)bytes + taken;
    count -= (size_t)taken;
  }
}

static uint32_t get_number(void) {
  uint32_t number;
  get(&number, sizeof number);
  return ntohl(number);
}

static void send_input(void) {
  static char chunk[65536];
  ssize_t count;
  while ((count = read(STDIN_FILENO, chunk, sizeof chunk)) > 0) {
    put_number((uint32_t)count);
    put(chunk, (size_t)count);
  }
  put_number(0);
}

static void print(int to, uint32_t count) {
  char chunk[4096];
  while (count > 0) {
    const uint32_t part = count < sizeof chunk ? count : sizeof chunk;
    get(chunk, part);
    for (uint32_t at = 0; at < part;) {
      const ssize_t written = write(to, chunk + at, part - at);
      if (written <= 0) exit(1);
      at += (uint32_t)written;
    }
    count -= part;
  }
}

int main(int count, char** words) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/data/farm/android"};
  system_socket = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(system_socket, (struct sockaddr*)&address, sizeof address) != 0) gone();
  const char* name = strrchr(words[0], '/');
  words[0] = name == NULL ? words[0] : (char*)name + 1;
  put_number((uint32_t)count);
  for (int i = 0; i < count; ++i) {
    put_number((uint32_t)strlen(words[i]));
    put(words[i], strlen(words[i]));
  }
  for (;;) {
    uint8_t kind;
    get(&kind, 1);
    switch (kind) {
      case 0: return (int)get_number();
      case 1: print(STDOUT_FILENO, get_number()); break;
      case 2: print(STDERR_FILENO, get_number()); break;
      case 3: send_input(); break;
      default: gone();
    }
  }
}
