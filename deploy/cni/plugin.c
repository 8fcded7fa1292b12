/*
 * The executable of the CNI plugin: hands the call on to the daemon and prints its answer. All that it is asked for is done there.
 *
 * To the socket: each CNI_... variable of the environment with its zero byte, one zero byte more, standard input; then end of output.
 * From it: one byte, the exit code; the rest is for standard output.
 *
 * Where no daemon answers: GC succeeds, and so does DEL, which is noted for the daemon to do when it is back; VERSION is known here;
 * all else is an error that has the runtime try again (code 11 of the CNI specification; 50 for STATUS).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SOCKET
#define SOCKET "/run/virt-dataplane/cni.sock"
#endif
#define PATIENCE_SECONDS 90

extern char **environ;
static const char *path;

static int is(const char *command, const char *wanted) { return strcmp(command, wanted) == 0; }

/* CONTAINER@INTERFACE, a file beside the socket: the daemon does it when it is back. */
static void note(void) {
  const char *id = getenv("CNI_CONTAINERID"), *ifname = getenv("CNI_IFNAME"), *end = strrchr(path, '/');
  char file[4096];
  if (!id || !ifname || !end || strchr(id, '/') || strchr(ifname, '/')) return;
  int directory = end - path;
  snprintf(file, sizeof file, "%.*s", directory, path);
  mkdir(file, 0755);
  snprintf(file, sizeof file, "%.*s/cni-del", directory, path);
  mkdir(file, 0700);
  if ((size_t)snprintf(file, sizeof file, "%.*s/cni-del/%s@%s", directory, path, id, ifname) >= sizeof file) return;
  int made = open(file, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made >= 0) close(made);
}

static int unanswered(const char *command, const char *what) {
  if (is(command, "DEL")) note();
  if (is(command, "DEL") || is(command, "GC")) return 0;
  if (is(command, "VERSION")) {
    puts("{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.1.0\",\"0.2.0\",\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
    return 0;
  }
  printf("{\"cniVersion\":\"1.0.0\",\"code\":%d,\"msg\":\"virt-dataplane does not answer: %s\",\"details\":\"socket=%s; is the daemon running?\"}\n",
         is(command, "STATUS") ? 50 : 11, what, path);
  return 1;
}

static int put(int to, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = send(to, bytes, length, MSG_NOSIGNAL);
    if (n <= 0) return 0;
    bytes += n;
    length -= n;
  }
  return 1;
}

static int hand_on(int to, const char *command) {
  char buffer[65536];
  for (char **each = environ; *each; each++)
    if (strncmp(*each, "CNI_", 4) == 0 && !put(to, *each, strlen(*each) + 1)) return 0;
  if (!put(to, "", 1)) return 0;
  if (!is(command, "VERSION"))
    for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0;)
      if (!put(to, buffer, n)) return 0;
  return shutdown(to, SHUT_WR) == 0;
}

int main(void) {
  const char *command = getenv("CNI_COMMAND"), *given = getenv("VIRT_DATAPLANE_CNI_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  unsigned char code;
  char buffer[65536];
  path = given ? given : SOCKET;
  if (!command) {
    fputs("CNI plugin of virt-dataplane, for networks of the types cnv-bridge, bridge, sriov and virt-dataplane\n", stderr);
    return 0;
  }
  if (strlen(path) >= sizeof address.sun_path) return unanswered(command, "path too long");
  strcpy(address.sun_path, path);
  int daemon = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(daemon, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(daemon, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (daemon < 0 || connect(daemon, (struct sockaddr *)&address, sizeof address) != 0) return unanswered(command, "no connection");
  if (!hand_on(daemon, command)) return unanswered(command, "call not taken");
  if (recv(daemon, &code, 1, 0) != 1) return unanswered(command, "no answer");
  for (ssize_t n; (n = recv(daemon, buffer, sizeof buffer, 0)) > 0;)
    if (write(1, buffer, n) != n) return 1;
  return code;
}
