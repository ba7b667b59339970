/* flock [-n] DESCRIPTOR, as toybox has it on Android and Debian's busybox does not. */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

int main(int count, char** words) {
  const int now = count == 3 && !strcmp(words[1], "-n");
  return count < 2 || flock(atoi(words[count - 1]), LOCK_EX | (now ? LOCK_NB : 0)) ? 1 : 0;
}
