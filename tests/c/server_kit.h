/*
 * server_kit.h: private sound servers for the engine's C tests: PulseAudio, PipeWire with its pulse server,
 * JACK. Each lives in a temporary folder with a home and a run-time folder of its own, so that nothing of the
 * user's is heard, seen or changed, and dies with the test however that ends. Opening one points this process
 * (and what it starts) at it through the environment.
 *
 *     if (server_missing("pulseaudio")) ...
 *     server s;
 *     server_open_pulse(&s, SERVER_NULL_SINK);
 *     ...
 *     server_close(&s);
 *
 * Called from the main thread only: a server is tied to the thread that started it.
 */
#ifndef TESTS_SERVER_KIT_H
#define TESTS_SERVER_KIT_H

#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The thread sanitizer does not see libpulse's own atomics. Our callbacks are still watched. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libpulse";
}

/* A sink that loses nothing: what is played comes out of its monitor `out.monitor`, bit for bit. */
#define SERVER_NULL_SINK                                                                                     \
    "load-module module-null-sink sink_name=out rate=48000 channels=2 format=float32le norewinds=1 "         \
    "sink_properties=device.description=Out\n"

enum { SERVER_PROCESSES = 4, SERVER_TEXT = 65536 };

typedef struct server {
    char folder[48];
    char name[48];       /* JACK's server name */
    char options[4][32]; /* JACK's rate and period */
    bool waits;          /* JACK waits for its clients */
    int name_lock;       /* held while the name is in use */
    pid_t pids[SERVER_PROCESSES];
    int count;
    void (*launch)(struct server *server);
    struct server *next;
} server;

static server *servers_open;

static inline void server_wait_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&time, &time)) {}
}

static inline double server_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* True, with a line printed, where a program of the servers is not installed. */
static inline bool server_missing(const char *program)
{
    const char *path = getenv("PATH");
    char list[4096], file[4300], *rest = list;
    snprintf(list, sizeof list, "%s", path ? path : "/usr/bin:/bin");
    for (char *folder; (folder = strsep(&rest, ":"));) {
        snprintf(file, sizeof file, "%s/%s", folder, program);
        if (access(file, X_OK) == 0)
            return false;
    }
    printf("skipped: %s is not installed\n", program);
    return true;
}

/* Starts a program that dies with this one; standard output to `output` unless that is NULL. */
static inline pid_t server_spawn(const char *output, char *const arguments[])
{
    pid_t parent = getpid(), pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int out = open(output ? output : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int silent = open("/dev/null", O_RDWR);
    dup2(silent, 0);
    dup2(out, 1);
    dup2(silent, 2);
    if (getppid() == parent)
        execvp(arguments[0], arguments);
    _exit(127);
}

#define SERVER_SPAWN(output, ...) server_spawn(output, (char *const[]){ __VA_ARGS__, NULL })

/* Ends a program started with server_spawn and takes its status. */
static inline int server_end(pid_t pid, int signal_number)
{
    int status = 0;
    kill(pid, signal_number);
    waitpid(pid, &status, 0);
    return status;
}

/* What a command line of the shell prints, kept until the next call. */
static inline const char *server_output(const char *command, int *status)
{
    static char output[SERVER_TEXT];
    FILE *pipe = popen(command, "r");
    CHECK(pipe != NULL);
    size_t length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = 0;
    *status = pclose(pipe);
    return output;
}

/* Runs a command line and returns what it prints, as server_output does. Ends the test if it fails. */
static inline const char *server_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *server_run(const char *format, ...)
{
    char command[2048];
    int status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    const char *output = server_output(command, &status);
    if (status)
        fprintf(stderr, "status %d: %s\n%s", status, command, output);
    CHECK_EQ(status, 0);
    return output;
}

/*
 * The same for JACK's programs, which the server may refuse while another server starts or ends, since they
 * share a registry: tried for twenty seconds, until it succeeds and prints something.
 */
static inline const char *server_ask_jack(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *server_ask_jack(const char *format, ...)
{
    char command[2048];
    int status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    const char *output = server_output(command, &status);
    for (double end = server_seconds() + 20; (status || !*output) && server_seconds() < end;) {
        server_wait_ms(20);
        output = server_output(command, &status);
    }
    if (status || !*output)
        fprintf(stderr, "status %d: %s\n%s", status, command, output);
    CHECK(!status && *output);
    return output;
}

/* The same with no demand: true if it ended with 0. */
static inline bool server_try(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "{ %s; } >/dev/null 2>&1", command);
    return system(line) == 0;
}

/* Tries a command for 20 seconds, which an emulated machine may need; ends the test if it never succeeds. */
static inline void server_await(const char *command)
{
    double end = server_seconds() + 20;
    bool done = server_try(command);
    while (!done && server_seconds() < end) {
        server_wait_ms(20);
        done = server_try(command);
    }
    if (!done)
        fprintf(stderr, "never true: %s\n", command);
    CHECK(done);
}

static inline void server_await_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int answer = -1;
    for (double end = server_seconds() + 20; answer && server_seconds() < end; server_wait_ms(5)) {
        int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        answer = connect(s, (struct sockaddr *)&address, sizeof address);
        close(s);
    }
    if (answer)
        fprintf(stderr, "nobody answers at %s\n", path);
    CHECK_EQ(answer, 0);
}

static inline void server_kill(server *s)
{
    for (int i = s->count - 1; i >= 0; i--)
        server_end(s->pids[i], SIGKILL);
    s->count = 0;
}

/* Stops the server in its tracks, as a machine that hangs would; server_resume lets it go on. */
static inline void server_pause(server *s)
{
    for (int i = 0; i < s->count; i++)
        kill(s->pids[i], SIGSTOP);
}

static inline void server_resume(server *s)
{
    for (int i = 0; i < s->count; i++)
        kill(s->pids[i], SIGCONT);
}

/* Starts it again after server_kill, as it was at first. */
static inline void server_launch(server *s)
{
    s->launch(s);
}

/* Asks it to end, so that it can leave nothing behind, and waits for two seconds. */
static inline void server_quit(server *s)
{
    double end = server_seconds() + 2;
    for (int i = s->count - 1; i >= 0; i--) {
        kill(s->pids[i], SIGTERM);
        kill(s->pids[i], SIGCONT);
    }
    for (; s->count && server_seconds() < end; server_wait_ms(2))
        while (s->count && waitpid(s->pids[s->count - 1], NULL, WNOHANG) == s->pids[s->count - 1])
            s->count--;
    server_kill(s);
}

static inline void server_close(server *s)
{
    char command[96];
    server_quit(s);
    if (s->name_lock >= 0)
        close(s->name_lock);
    s->name_lock = -1;
    for (server **link = &servers_open; *link; link = &(*link)->next)
        if (*link == s) {
            *link = s->next;
            break;
        }
    snprintf(command, sizeof command, "rm -rf %s", s->folder);
    if (system(command))
        fprintf(stderr, "left behind: %s\n", s->folder);
}

static inline void server_close_all(void)
{
    while (servers_open)
        server_close(servers_open);
}

static inline void server_set(const char *variable, const char *folder, const char *rest)
{
    char value[128];
    snprintf(value, sizeof value, "%s%s", folder, rest);
    setenv(variable, value, 1);
}

static inline void server_begin(server *s)
{
    static bool registered;
    if (!registered)
        atexit(server_close_all);
    registered = true;
    memset(s, 0, sizeof *s);
    s->name_lock = -1;
    strcpy(s->folder, "/tmp/coremusic-server-XXXXXX");
    CHECK(mkdtemp(s->folder) != NULL);
    s->next = servers_open;
    servers_open = s;
    char folder[96];
    static const char *const folders[] = { "/home", "/run" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(folder, sizeof folder, "%s%s", s->folder, folders[i]);
        CHECK_EQ(mkdir(folder, 0700), 0);
    }
    static const char *const homes[] = { "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
                                         "XDG_DATA_HOME" };
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
        server_set(homes[i], s->folder, "/home");
    server_set("XDG_RUNTIME_DIR", s->folder, "/run");
    server_set("PULSE_SERVER", "unix:/nonexistent", "");
    setenv("JACK_DEFAULT_SERVER", "none", 1);
    setenv("JACK_NO_START_SERVER", "1", 1);
}

static inline void server_launch_pulse(server *s)
{
    char script[96], socket_path[96];
    snprintf(script, sizeof script, "%s/script.pa", s->folder);
    snprintf(socket_path, sizeof socket_path, "%s/socket", s->folder);
    unlink(socket_path);
    s->pids[0] = SERVER_SPAWN(NULL, "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                              "--use-pid-file=no", "-F", script);
    s->count = 1;
    server_await_socket(socket_path);
}

/* A PulseAudio with the devices that the lines of `script` load. */
static inline void server_open_pulse(server *s, const char *script)
{
    char path[96];
    server_begin(s);
    snprintf(path, sizeof path, "%s/script.pa", s->folder);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    /* The way in is loaded last: who can connect finds everything. */
    fprintf(file, "%sload-module module-native-protocol-unix auth-anonymous=1 socket=%s/socket\n", script,
            s->folder);
    fclose(file);
    server_set("PULSE_SERVER", "unix:", s->folder);
    server_set("PULSE_SERVER", getenv("PULSE_SERVER"), "/socket");
    s->launch = server_launch_pulse;
    server_launch(s);
}

static inline void server_launch_pipewire(server *s)
{
    char bus[128], path[96];
    snprintf(path, sizeof path, "%s/run/bus", s->folder);
    unlink(path);
    snprintf(bus, sizeof bus, "--address=unix:path=%s", path);
    s->pids[0] = SERVER_SPAWN(NULL, "dbus-daemon", "--session", "--nofork", "--nopidfile", bus);
    s->count = 1;
    server_await_socket(path);
    s->pids[s->count++] = SERVER_SPAWN(NULL, "pipewire");
    snprintf(path, sizeof path, "%s/run/pipewire-0", s->folder);
    server_await_socket(path);
    s->pids[s->count++] = SERVER_SPAWN(NULL, "wireplumber");
    snprintf(path, sizeof path, "%s/run/pulse/native", s->folder);
    unlink(path);
    s->pids[s->count++] = SERVER_SPAWN(NULL, "pipewire-pulse");
    server_await_socket(path);
    server_await("pactl info | grep -q 'Default Sink: auto_null'"); /* the session manager works */
    server_run("pactl load-module module-null-sink sink_name=out rate=48000 channels=2");
    server_await("pactl info | grep -q 'Default Sink: out'");
}

/* PipeWire with a null sink `out` as its default, reached through its pulse server. */
static inline void server_open_pipewire(server *s)
{
    server_begin(s);
    server_set("DBUS_SESSION_BUS_ADDRESS", "unix:path=", s->folder);
    server_set("DBUS_SESSION_BUS_ADDRESS", getenv("DBUS_SESSION_BUS_ADDRESS"), "/run/bus");
    server_set("PIPEWIRE_RUNTIME_DIR", s->folder, "/run");
    server_set("PULSE_SERVER", "unix:", s->folder);
    server_set("PULSE_SERVER", getenv("PULSE_SERVER"), "/run/pulse/native");
    s->launch = server_launch_pipewire;
    server_launch(s);
}

static inline void server_launch_jack(server *s)
{
    s->pids[0] = SERVER_SPAWN(NULL, "jackd", "-n", s->name, s->waits ? "-rS" : "-r", "-d", "dummy", "-r",
                              s->options[0], "-p", s->options[1], "-C", s->options[2], "-P", s->options[3]);
    s->count = 1;
    server_await("jack_lsp | grep -q system:playback_1");
}

/* JACK remembers eight servers in all, those that were killed with them, until their names are used again: so
 * there are few names, each with one user at a time. */
static inline void server_take_jack_name(server *s)
{
    for (int i = 0; i < 6; i++) {
        char path[64];
        snprintf(s->name, sizeof s->name, "coremusic-test-%d", i);
        snprintf(path, sizeof path, "/tmp/%s.lock", s->name);
        s->name_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (s->name_lock >= 0 && flock(s->name_lock, LOCK_EX | LOCK_NB) == 0)
            return;
        close(s->name_lock);
    }
    fprintf(stderr, "six private JACK servers are running already\n");
    exit(1);
}

static inline void server_begin_jack(server *s, bool waits, const int options[4])
{
    server_begin(s);
    server_take_jack_name(s);
    for (int i = 0; i < 4; i++)
        snprintf(s->options[i], sizeof s->options[i], "%d", options[i]);
    s->waits = waits;
    setenv("JACK_DEFAULT_SERVER", s->name, 1);
    s->launch = server_launch_jack;
    server_launch(s);
}

/* jackd with its dummy driver under a name of its own, `channels` playback and as many capture ports. */
static inline void server_open_jack(server *s, int rate, int period, int channels)
{
    server_begin_jack(s, false, (const int[]){ rate, period, channels, channels });
}

/* One that waits for its clients: a cycle that a busy machine misses would take its messages along. */
static inline void server_open_patient_jack(server *s, int rate, int period, int channels)
{
    server_begin_jack(s, true, (const int[]){ rate, period, channels, channels });
}

/* An independent recorder: parec writes Float32 of a source to a file until server_end(pid, SIGTERM). */
static inline pid_t server_record(const char *source, const char *file, int rate, int channels)
{
    char device[160], rate_text[32], channels_text[32];
    snprintf(device, sizeof device, "--device=%s", source);
    snprintf(rate_text, sizeof rate_text, "--rate=%d", rate);
    snprintf(channels_text, sizeof channels_text, "--channels=%d", channels);
    return SERVER_SPAWN(file, "parec", "--raw", "--format=float32le", "--latency-msec=20", device, rate_text,
                        channels_text);
}

#endif
