/* timeit.c -- whole processes against each other: median CPU, wall time, peak memory.
 *
 *     timeit [-n ROUNDS] [-b SECONDS] NAME COMMAND [ARG]... [-- NAME COMMAND [ARG]...]...
 *
 * Rounds are interleaved (A B C A B C ...), so a busy machine slows all alike. After three runs a command drops out once it
 * has used up its budget. CPU is user + system of the process and its children, from wait4(2). Children write to
 * the null device; a child that fails ends everything. The ratio is to the CPU of the first command.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 16, MAX_ROUNDS = 1000, MIN_ROUNDS = 3 };

typedef struct command {
    const char *name;
    char **argv;
    int n;
    double cpu_ms[MAX_ROUNDS], wall_ms[MAX_ROUNDS], spent_s, rss_MB;
} command;

static command list[MAX_COMMANDS];

static void die(const char *what, const char *text)
{
    fprintf(stderr, "timeit: %s: %s\n", what, text);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static double ms(struct timeval t)
{
    return 1e3 * (double)t.tv_sec + 1e-3 * (double)t.tv_usec;
}

static void run_child(char **argv)
{
    int null = open("/dev/null", O_RDWR);

    dup2(null, 0);
    dup2(null, 1);
    execvp(argv[0], argv);
    _exit(127);
}

static void run(command *c)
{
    struct rusage use;
    int status;
    double start = now_ms();
    pid_t pid = vfork();

    if (pid == 0)
        run_child(c->argv);
    if (pid < 0 || wait4(pid, &status, 0, &use) < 0)
        die("cannot run", c->argv[0]);
    if (status)
        die("command failed", c->name);
    c->wall_ms[c->n] = now_ms() - start;
    c->cpu_ms[c->n] = ms(use.ru_utime) + ms(use.ru_stime);
    c->spent_s += 1e-3 * c->wall_ms[c->n];
    if ((double)use.ru_maxrss / 1024 > c->rss_MB)
        c->rss_MB = (double)use.ru_maxrss / 1024;
    c->n++;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, compare);
    return n % 2 ? x[n / 2] : 0.5 * (x[n / 2 - 1] + x[n / 2]);
}

static int split(int argc, char **argv)
{
    int n = 0;

    for (int i = 0; i < argc; n++) {
        if (n == MAX_COMMANDS || i + 1 >= argc)
            die("usage", "timeit [-n ROUNDS] [-b SECONDS] NAME COMMAND [ARG]... [-- NAME COMMAND [ARG]...]...");
        list[n].name = argv[i];
        list[n].argv = argv + i + 1;
        while (i < argc && strcmp(argv[i], "--"))
            i++;
        argv[i++] = NULL;                               /* argv[argc] is NULL already */
    }
    return n;
}

int main(int argc, char **argv)
{
    int rounds = 21, n, option;
    double budget_s = 20, first = 0;

    while ((option = getopt(argc, argv, "+n:b:")) != -1) {
        if (option == 'n')
            rounds = atoi(optarg);
        else if (option == 'b')
            budget_s = atof(optarg);
        else
            return 2;
    }
    if (rounds < 1 || rounds > MAX_ROUNDS)
        die("bad number of rounds", "expected 1 to 1000");
    n = split(argc - optind, argv + optind);
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < n; i++)
            if (r < MIN_ROUNDS || list[i].spent_s < budget_s)
                run(&list[i]);
    printf("%-34s %5s %11s %11s %9s %9s\n", "", "runs", "CPU ms", "wall ms", "peak MB", "CPU ratio");
    for (int i = 0; i < n; i++) {
        double cpu = median(list[i].cpu_ms, list[i].n), wall = median(list[i].wall_ms, list[i].n);

        first = i ? first : cpu;
        printf("%-34s %5d %11.2f %11.2f %9.1f %9.2f\n", list[i].name, list[i].n, cpu, wall, list[i].rss_MB, cpu / first);
    }
    return 0;
}
