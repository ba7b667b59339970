/* An agent that speaks docs/agent-protocol.md and sleeps where a real one infers: campaigns, farms and faults are tried
 * against it. An inference takes what /data/farm/inference_us says (1000 by default), scaled by subject and configuration,
 * so that every device of a farm measures the same numbers; without timers, so that rows are equal byte for byte.
 * Where /data/farm/rail_uw holds a number, a power rail counts microjoules: that many microwatts at rest, and BUSY times
 * as many at work, each block a little differently. Its time runs /data/farm/hurry times as fast as the world's.
 * It dies at the block that /data/farm/deadly_block names, and stays for ever at the one that /data/farm/hanging_block
 * does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUSY 3.0
enum { MAX_BLOCKS = 1 << 20, MAX_LINE = 1 << 16 };
static unsigned char measured[MAX_BLOCKS];
static char folder[512], model[512];

static void fail(int status, const char* what) {
  fprintf(stderr, "agent: %s\n", what);
  exit(status);
}

static int64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double hurry = 1;

static int64_t device_ns(void) { return (int64_t)((double)now_ns(CLOCK_BOOTTIME) * hurry); }

static void sleep_ns(int64_t ns) {
  ns = (int64_t)((double)ns / hurry);
  struct timespec t = {ns / 1000000000, ns % 1000000000};
  while (nanosleep(&t, &t) && errno == EINTR) {}
}

static void path_of(char* path, const char* name) { snprintf(path, 600, "%s/%s", folder, name); }

static const char* value_of(const char* line, const char* name) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char* at = strstr(line, key);
  if (!at) return NULL;
  for (at += strlen(key); *at == ' '; ++at) {}
  return at;
}

static double number(const char* line, const char* name, double otherwise) {
  const char* at = value_of(line, name);
  return at ? atof(at) : otherwise;
}

static void text(const char* line, const char* name, char* out, size_t size) {
  const char* at = value_of(line, name);
  size_t n = 0;
  if (at && *at == '"')
    for (++at; *at && *at != '"' && n + 1 < size; ++at) out[n++] = *at;
  out[n] = 0;
}

static double read_number(const char* path, double otherwise) {
  FILE* file = fopen(path, "r");
  double value = otherwise;
  if (file) {
    if (fscanf(file, "%lf", &value) != 1) value = otherwise;
    fclose(file);
  }
  return value;
}

static void read_line(const char* command_or_path, int is_command, char* out, size_t size) {
  FILE* file = is_command ? popen(command_or_path, "r") : fopen(command_or_path, "r");
  out[0] = 0;
  if (!file) return;
  if (!fgets(out, (int)size, file)) out[0] = 0;
  out[strcspn(out, " \r\n")] = 0;
  is_command ? pclose(file) : fclose(file);
}

/* A row that does not fit is taken back, so that the file ends with a whole line. */
static void append(int rows, const char* line) {
  const off_t size = lseek(rows, 0, SEEK_END);
  const size_t length = strlen(line);
  if (write(rows, line, length) != (ssize_t)length || fsync(rows)) {
    if (ftruncate(rows, size)) {}
    fail(28, "No space left on device");
  }
}

static int open_rows(void) {
  char path[600];
  path_of(path, "rows.jsonl");
  const int rows = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  FILE* file = rows < 0 ? NULL : fopen(path, "r");
  if (!file) fail(errno == ENOSPC ? 28 : 2, "rows.jsonl cannot be written");
  static char line[MAX_LINE];
  off_t whole = 0;
  while (fgets(line, sizeof line, file) && strchr(line, '\n')) {
    whole += (off_t)strlen(line);
    const double block = strstr(line, "\"block\"") ? number(line, "block", -1) : -1;
    if (block >= 0 && block < MAX_BLOCKS) measured[(int)block] = 1;
  }
  fclose(file);
  if (ftruncate(rows, whole)) fail(2, "a torn row cannot be cut off");
  return rows;
}

static void open_session(int rows) {
  static char line[2048];
  char command[700], sha256[80], boot[80];
  snprintf(command, sizeof command, "sha256sum '%s' 2>/dev/null", model);
  read_line(command, 1, sha256, sizeof sha256);
  if (strlen(sha256) != 64) fail(3, "the model cannot be read");
  read_line("/proc/sys/kernel/random/boot_id", 0, boot, sizeof boot);
  snprintf(line, sizeof line,
           "{\"kind\": \"opening\", \"protocol\": 1, \"agent\": \"simulated 1\", \"model_sha256\": \"%s\", "
           "\"numerics_version\": 2, \"kernel_variant\": \"scalar\", \"features\": \"simulated\", \"operators\": ["
           "{\"id\": \"conv_2d_0\", \"knobs\": [\"exact\", \"int8\", \"rows:1/2\"], \"multiply_accumulates\": 100000}, "
           "{\"id\": \"conv_2d_1\", \"knobs\": [\"exact\", \"int8\"], \"multiply_accumulates\": 200000}], "
           "\"time_s\": %.3f, \"boot_id\": \"%s\"}\n",
           sha256, (double)now_ns(CLOCK_REALTIME) / 1e9, boot);
  append(rows, line);
}

static double wait_until_cool(double hottest_c) {
  const int64_t begin = device_ns();
  while (hottest_c > 0 && read_number("/data/farm/skin_temperature", 31.2) > hottest_c) sleep_ns(50000000);
  return (double)(device_ns() - begin) / 1e9;
}

/* Every `readings_ms` from the begin of a block to its end; the rail counts on between blocks. */
static int readings(char* out, size_t size, double readings_ms, int64_t begin, int64_t end, int idle) {
  static double counted_uj;
  static int64_t until;
  static uint32_t state = 1;
  const double rest_uw = read_number("/data/farm/rail_uw", 0);
  if (rest_uw <= 0) return 0;
  counted_uj += until ? rest_uw * (double)(begin - until) / 1e9 : 0;
  state = state * 1664525u + 1013904223u;
  const double uneven = 1 + 0.02 * ((double)(state >> 8) / (1 << 24) - 0.5);
  const double now_uw = rest_uw * (idle ? 1 : BUSY) * uneven;
  const int64_t step = readings_ms > 0 ? (int64_t)(readings_ms * 1e6) : end - begin;
  int n = 0;
  for (int64_t at = begin;; at = at + step < end ? at + step : end) {
    n += snprintf(out + n, size - n, "%s{\"at_ns\": %lld, \"source\": \"meter0/VDD\", \"value\": %.0f}", n ? ", " : "",
                  (long long)at, counted_uj + now_uw * (double)(at - begin) / 1e9);
    if (at >= end || n + 200 > (int)size) break;
  }
  counted_uj += now_uw * (double)(end - begin) / 1e9;
  until = end;
  return n;
}

static void measure(int rows, const char* plan) {
  static char line[MAX_LINE], read[MAX_LINE / 2];
  char subject[32], configuration[4096];
  text(plan, "subject", subject, sizeof subject);
  text(plan, "configuration", configuration, sizeof configuration);
  const int idle = !strcmp(subject, "idle"), stock = !strcmp(subject, "stock");
  const double seconds = number(plan, "seconds", 0);
  int inferences = idle ? 0 : (int)number(plan, "inferences", 1);
  const int uncounted = (int)number(plan, "uncounted", 0);
  uint32_t hash = 2166136261u;
  for (const char* c = configuration; *c; ++c) hash = (hash ^ (unsigned char)*c) * 16777619u;
  const double share = stock ? 1.1 : strcmp(configuration, "exact") ? 0.5 + (hash % 1000) / 2500.0 : 1.0;
  const int64_t each = (int64_t)(share * 1000 * read_number("/data/farm/inference_us", 1000));
  if (!idle && seconds * 1e9 > (double)each * inferences) inferences = (int)(seconds * 1e9 / (double)each);
  const double waited = wait_until_cool(number(plan, "hottest_c", 0));
  if (!idle) sleep_ns(each * uncounted);
  static int64_t before;
  const int64_t now = device_ns(), length = each * inferences + (int64_t)(seconds * 1e9 * idle);
  const int64_t begin = now > before ? now : before, end = begin + length; /* a busy world changes no figure */
  before = end;
  sleep_ns(length);
  read[readings(read, sizeof read, number(plan, "readings_ms", 0), begin, end, idle)] = 0;
  int n = snprintf(line, sizeof line,
                   "{\"kind\": \"block\", \"block\": %d, \"begin_ns\": %lld, \"end_ns\": %lld, \"time_s\": %.3f, "
                   "\"inferences\": %d, ",
                   (int)number(plan, "block", 0), (long long)begin, (long long)end,
                   (double)now_ns(CLOCK_REALTIME) / 1e9, inferences);
  if (!idle)
    n += snprintf(line + n, sizeof line - n,
                  "\"latency_ns\": {\"total\": %lld, \"median\": %lld, \"p99\": %lld, \"minimum\": %lld, \"maximum\": %lld}, ",
                  (long long)each * inferences, (long long)each, (long long)each, (long long)each, (long long)each);
  if (!idle && !stock)
    n += snprintf(line + n, sizeof line - n, "\"operator_ns\": {\"conv_2d_0\": %lld, \"conv_2d_1\": %lld}, ",
                  (long long)each / 3, (long long)each / 2);
  snprintf(line + n, sizeof line - n,
           "\"before\": {\"temperature_c\": {\"skin\": %.1f}, \"thermal_status\": %d, \"charge\": %.2f}, \"after\": {}, "
           "\"readings\": [%s], \"waited_s\": %.2f, \"ended\": \"done\"}\n",
           read_number("/data/farm/skin_temperature", 31.2), (int)read_number("/data/farm/thermal_status", 0),
           read_number("/data/farm/battery_level", 64) / 100, read, waited);
  append(rows, line);
}

int main(int count, char** words) {
  static const char* const known[] = {"protocol", "folder", "model", "engine", "runtime", "threads", "seed"};
  for (int i = 1; i < count; ++i) {
    const size_t size = strcspn(words[i], "=");
    int found = words[i][size] == '=';
    for (size_t k = 0; found == 1 && k < sizeof known / sizeof *known; ++k)
      if (strlen(known[k]) == size && !strncmp(known[k], words[i], size)) found = 2;
    if (found != 2) fail(2, "unknown key in the start line");
    const char* value = words[i] + size + 1;
    if (!strncmp(words[i], "protocol", size) && strcmp(value, "1")) fail(2, "another protocol than 1");
    if (!strncmp(words[i], "folder", size)) snprintf(folder, sizeof folder, "%s", value);
    if (!strncmp(words[i], "model", size)) snprintf(model, sizeof model, "%s", value);
  }
  hurry = read_number("/data/farm/hurry", 1);
  char path[600], number_text[32];
  path_of(path, "lock");
  const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) fail(errno == ENOSPC ? 28 : 2, "the folder cannot be written");
  if (flock(lock, LOCK_EX | LOCK_NB)) fail(16, "already running");
  snprintf(number_text, sizeof number_text, "%d\n", (int)getpid());
  if (ftruncate(lock, 0) || write(lock, number_text, strlen(number_text)) < 0) fail(28, "No space left on device");
  const int rows = open_rows();
  open_session(rows);
  path_of(path, "plan.jsonl");
  FILE* plan = fopen(path, "r");
  if (!plan) fail(2, "no plan.jsonl");
  static char line[MAX_LINE];
  char stop[600], end[128];
  path_of(stop, "stop");
  const char* why = "done";
  for (int news = 0;;) {
    if (!fgets(line, sizeof line, plan) || !strchr(line, '\n')) { /* the end: the plan may be another by now */
      if (!news) break;
      news = 0;
      plan = freopen(path, "r", plan);
      if (!plan) fail(2, "plan.jsonl is gone");
      continue;
    }
    const double block = number(line, "block", -1);
    if (block < 0 || block >= MAX_BLOCKS) fail(2, "a line of the plan cannot be used");
    if (measured[(int)block]) continue;
    if (read_number("/data/farm/deadly_block", -1) == block) raise(SIGSEGV);
    while (read_number("/data/farm/hanging_block", -1) == block) sleep(3600);
    if (!access(stop, F_OK)) {
      why = "stopped";
      break;
    }
    measure(rows, line);
    measured[(int)block] = 1;
    news = 1;
  }
  snprintf(end, sizeof end, "{\"kind\": \"end\", \"why\": \"%s\", \"time_s\": %.3f}\n", why,
           (double)now_ns(CLOCK_REALTIME) / 1e9);
  append(rows, end);
  return 0;
}
