/* Bytes in and out: gzip, lengths of FITS files, temporary files; reads and writes only in a folder of its own. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/str.h"
#include "check.h"
#include "io/stream.h"

static void put_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(data, 1, n, f) != n || fclose(f))
        abort();
}

static int read_fails(const char *path, fe_code code, const char *text)
{
    fe_bytes b;
    fe_err err = { 0 };
    int rc = fe_bytes_read(path, &b, &err);
    int ok = rc < 0 && err.code == code && strstr(err.text, text) && !b.data && !b.name;

    if (!ok)
        printf("%s: rc %d, code %d, '%s'\n", path, rc, err.code, err.text);
    fe_bytes_free(&b);
    return ok;
}

static int reads_as(const char *path, const void *data, size_t n)
{
    fe_bytes b;
    fe_err err = { 0 };
    int ok = fe_bytes_read(path, &b, &err) == 0 && b.n == n && !memcmp(b.data, data, n) && b.data[n] == 0;

    if (!ok)
        printf("%s: %zu bytes, '%s'\n", path, b.n, err.text);
    fe_bytes_free(&b);
    return ok;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void test_read(void)
{
    char *big = malloc(300000);
    long n_opened = fe_stream_n_opened();

    for (size_t i = 0; i < 300000; i++)
        big[i] = (char)(i * i / 7);
    put_file("big", big, 300000);
    put_file("empty", "", 0);
    put_file("one", "x", 1);
    mkdir("dir", 0755);
    CHECK(reads_as("big", big, 300000));
    CHECK(reads_as("one", "x", 1));
    CHECK(fe_stream_n_opened() == n_opened + 2);
    CHECK(read_fails("none.fits", FE_EDATA, "cannot open none.fits: No such file"));
    CHECK(read_fails("one/under", FE_EDATA, "Not a directory"));
    CHECK(read_fails("dir", FE_EDATA, "cannot read dir: Is a directory"));
    CHECK(read_fails("empty", FE_EDATA, "empty: no data (0 bytes)"));
    CHECK(read_fails("/dev/null", FE_EDATA, "no data"));
    free(big);
}

static void test_too_large(void)
{
    int fd = open("huge", O_CREAT | O_WRONLY, 0644);

    if (ftruncate(fd, (off_t)5 << 30) == 0)         /* a hole: takes no room */
        CHECK(read_fails("huge", FE_EDATA, "huge: more than 4 GiB"));
    close(fd);
    unlink("huge");
}

static void test_stdin(void)
{
    int ends[2], saved = dup(0);
    fe_bytes b;
    fe_err err = { 0 };

    if (pipe(ends) < 0 || write(ends[1], "through a pipe", 14) != 14)
        abort();
    close(ends[1]);
    dup2(ends[0], 0);
    CHECK(fe_bytes_read("-", &b, &err) == 0);
    SAME_STR(b.name, "<stdin>");
    SAME_STR((char *)b.data, "through a pipe");
    fe_bytes_free(&b);
    CHECK(read_fails("-", FE_EDATA, "<stdin>: no data"));
    CHECK(fcntl(0, F_GETFD) >= 0);
    dup2(saved, 0);
    close(saved);
    close(ends[0]);
}

static size_t pack(const void *data, size_t n, unsigned char *to, size_t room)
{
    z_stream z = { 0 };
    size_t got;

    deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)data;
    z.avail_in = (uInt)n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    deflate(&z, Z_FINISH);
    got = room - z.avail_out;
    deflateEnd(&z);
    return got;
}

static void test_gzip(void)
{
    unsigned char gz[4000] = { 0 };
    char text[3000];
    size_t first, both;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 23);
    first = pack(text, 2000, gz, sizeof gz);
    both = first + pack(text + 2000, 1000, gz + first, sizeof gz - first);
    put_file("a.gz", gz, first);
    CHECK(reads_as("a.gz", text, 2000));
    put_file("a.gz", gz, both);
    CHECK(reads_as("a.gz", text, 3000));
    put_file("a.gz", gz, both + 20);                /* zeros behind are padding */
    CHECK(reads_as("a.gz", text, 3000));
    memcpy(gz + both, "junk", 4);
    put_file("a.gz", gz, both + 4);
    CHECK(read_fails("a.gz", FE_EDATA, "a.gz: 4 bytes behind the gzip data"));
    for (size_t n = 3; n < first; n++) {
        put_file("a.gz", gz, n);
        CHECK(read_fails("a.gz", FE_EDATA, "gzip data end early"));
    }
    gz[first / 2] ^= 0x55;
    put_file("a.gz", gz, first);
    CHECK(read_fails("a.gz", FE_EDATA, "gzip data"));
    first = pack("", 0, gz, sizeof gz);
    put_file("a.gz", gz, first);
    CHECK(read_fails("a.gz", FE_EDATA, "no data"));
}

/* ---- FITS lengths ------------------------------------------------------------------------------------------- */

static void card(fe_str *s, const char *text)
{
    fe_str_addf(s, "%-80s", text);
}

static void fill(fe_str *s, char with)
{
    while (s->len % 2880)
        fe_str_addn(s, &with, 1);
}

static void add_primary(fe_str *s)
{
    card(s, "SIMPLE  =                    T");
    card(s, "BITPIX  =                    8");
    card(s, "NAXIS   =                    0");
    card(s, "END");
    fill(s, ' ');
}

static void add_table(fe_str *s, const char *naxis1, const char *naxis2, const char *pcount, size_t n_data)
{
    card(s, "XTENSION= 'BINTABLE'");
    card(s, "BITPIX  =                    8");
    card(s, "NAXIS   =                    2");
    card(s, naxis1);
    card(s, naxis2);
    card(s, pcount);
    card(s, "GCOUNT  =                    1");
    card(s, "TFIELDS =                    1");
    card(s, "TFORM1  = '1D      '");
    card(s, "EXTNAME = 'POINTS  '           / a name");
    card(s, "END");
    fill(s, ' ');
    for (size_t i = 0; i < n_data; i++)
        fe_str_addn(s, "x", 1);
    fill(s, 0);
}

static const char *verdict(const fe_str *s, size_t n)
{
    static fe_err err;
    unsigned char *copy = malloc(n + !n);           /* just as long: a sanitizer sees one byte too many */
    fe_bytes b = { (char *)"f", copy, n };

    if (n)
        memcpy(copy, s->s, n);
    err = (fe_err){ 0 };
    if (fe_bytes_check_fits(&b, &err) == 0)
        strcpy(err.text, "ok");
    free(copy);
    return err.text;
}

#define SAYS(s, text) CHECK_MSG(strstr(verdict((s), (s)->len), (text)), verdict((s), (s)->len))

static void test_fits_lengths(void)
{
    fe_str s = { 0 }, t = { 0 };

    add_primary(&s);
    add_table(&s, "NAXIS1  =                    8", "NAXIS2  =                  400",
              "PCOUNT  =                   10", 3210);
    CHECK(s.len == 2880 * 4);
    SAYS(&s, "ok");
    for (size_t n = 0; n < s.len; n++)
        CHECK_MSG(n == 2880 ? !strcmp(verdict(&s, n), "ok") : strcmp(verdict(&s, n), "ok"), "a cut file passed");
    CHECK(strstr(verdict(&s, s.len - 1), "f[POINTS]: the file is cut: 11520 bytes expected"));
    CHECK(strstr(verdict(&s, 3000), "f[#2]: the file is cut inside a header"));
    fe_str_addn(&t, "Warning: x\n", 11);
    fe_str_addn(&t, s.s, s.len);
    SAYS(&t, "f: 11 bytes of something else stand before the FITS file");
    fe_str_free(&t);
    fe_str_addn(&t, s.s, s.len);
    fe_str_addn(&t, s.s, s.len);
    SAYS(&t, "f: a second FITS file begins at byte 11520");
    t.len = s.len + 7;
    SAYS(&t, "f: 7 bytes behind the last HDU (HDU 2 ends at byte 11520)");
    fe_str_free(&t);
    fe_str_add(&t, "e_ref dnde\n1 2\n");
    SAYS(&t, "not a FITS file");
    fe_str_free(&s);
    fe_str_free(&t);
}

static void test_fits_headers(void)
{
    static const struct { const char *naxis1, *naxis2, *pcount, *says; } bad[] = {
        { "NAXIS1  =                    8", "NAXIS2  =                   -1", "PCOUNT  =                    0",
          "f[POINTS]: NAXIS2 is not an integer from 0" },
        { "NAXIS1  =  9000000000000000000", "NAXIS2  =  9000000000000000000", "PCOUNT  =                    0",
          "more data than a file can hold" },
        { "NAXIS1  =                    8", "NAXIS2  =                    1", "PCOUNT  =  9223372036854775807",
          "more data than a file can hold" },
        { "NAXIS1  =                    8", "NAXIS2  =                    1", "PCOUNT  =           1000000000",
          "f[POINTS]: the file is cut: 1000008000 bytes expected" },
        { "NAXIS1  =                    8", "NAXIS2  = 99999999999999999999", "PCOUNT  =                    0",
          "more data than a file can hold" },
        { "NAXIS1  =                    8", "NAXIS2  =                  1.5", "PCOUNT  =                    0",
          "NAXIS2 is not an integer" },
        { "NAXIS2  =                    8", "NAXIS1  =                    1", "PCOUNT  =                    0",
          "card 4 of the header is not NAXIS1" },
        { "NAXIS1  =                    8", "NAXIS2  =    \f               1", "PCOUNT  =                    0",
          "NAXIS2 is not an integer" },
        { "NAXIS1  =A                   8", "NAXIS2  =                    1", "PCOUNT  =                    0",
          "card 4 of the header is not NAXIS1" },
        { "NAXIS1  =                    8", "NAXIS2  =                    1", "NAXIS2  =                    1",
          "card 6 of the header is a second NAXIS2" },
        { "NAXIS1  =                    0", "NAXIS2  =           1000000000", "PCOUNT  =                    0",
          "NAXIS2 says 1000000000 rows, but a row has no bytes" },
        { "NAXIS1  =                    8", "NAXIS2  =                    1", "GCOUNT  =                    0",
          "second GCOUNT" }
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fe_str s = { 0 };

        add_primary(&s);
        add_table(&s, bad[i].naxis1, bad[i].naxis2, bad[i].pcount, 8);
        SAYS(&s, bad[i].says);
        fe_str_free(&s);
    }
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

static int write_fails(const char *path, bool force, fe_code code, const char *text)
{
    fe_err err = { 0 }, early = { 0 };
    int ok = fe_bytes_write(path, "data", 4, force, &err) < 0 && err.code == code && strstr(err.text, text) &&
             fe_output_check(path, force, &early) < 0 && early.code == code;

    if (!ok)
        printf("%s: '%s', before: '%s'\n", path, err.text, early.text);
    return ok;
}

static void test_write(void)
{
    fe_err err = { 0 };
    struct stat st;

    umask(027);
    CHECK(fe_output_check("out", false, &err) == 0);
    CHECK(fe_bytes_write("out", "first", 5, false, &err) == 0);
    CHECK(reads_as("out", "first", 5));
    CHECK(stat("out", &st) == 0 && (st.st_mode & 0777) == 0640);
    CHECK(write_fails("out", false, FE_EUSAGE, "output out exists already (--force replaces it)"));
    CHECK(reads_as("out", "first", 5));
    chmod("out", 0600);
    CHECK(fe_output_check("out", true, &err) == 0);
    CHECK(fe_bytes_write("out", "second", 6, true, &err) == 0);
    CHECK(reads_as("out", "second", 6));
    CHECK(stat("out", &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK(write_fails("dir", true, FE_EUSAGE, "output dir is a directory"));
    CHECK(write_fails("/dev/full", true, FE_EUSAGE, "not a regular file"));
    CHECK(write_fails("nowhere/out", false, FE_ESYS, "cannot create nowhere/out: No such file"));
    CHECK(write_fails("", false, FE_ESYS, "cannot create"));
}

static void test_links(void)
{
    fe_err err = { 0 };
    struct stat st;

    put_file("dir/real", "old", 3);
    CHECK(symlink("dir/real", "link") == 0 && symlink("none", "loose") == 0);
    CHECK(write_fails("link", false, FE_EUSAGE, "exists already"));
    CHECK(fe_bytes_write("link", "new", 3, true, &err) == 0);
    CHECK(reads_as("dir/real", "new", 3));
    CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(write_fails("loose", true, FE_EUSAGE, "leads nowhere"));
}

static void test_stdout(void)
{
    int saved, full = open("/dev/full", O_WRONLY), file = open("stdout", O_CREAT | O_WRONLY, 0644);
    fe_err err = { 0 };
    int rc, rc_full;

    fflush(stdout);
    saved = dup(1);
    dup2(file, 1);
    rc = fe_bytes_write("-", "one ", 4, false, &err) + fe_bytes_write(NULL, "two", 3, false, &err);
    dup2(full, 1);
    rc_full = fe_bytes_write("-", "one", 3, false, &err);
    dup2(saved, 1);
    close(saved);
    close(file);
    close(full);
    CHECK(rc == 0);
    CHECK(reads_as("stdout", "one two", 7));
    CHECK(rc_full < 0 && err.code == FE_ESYS);
    SAME_STR(err.text, "cannot write to standard output: No space left on device");
}

/* ---- faults: this program again, with calls that fail ------------------------------------------------------- */

static int run_faulty(const char *preload, const char *call, const char *at, const char *kill)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        setenv("LD_PRELOAD", preload, 1);
        setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
        setenv("FE_FAIL_CALL", call, 1);
        setenv("FE_FAIL_AT", at, 1);
        if (*kill)
            setenv("FE_FAIL_KILL", kill, 1);
        execl("/proc/self/exe", "t_stream", "write", (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

static int n_files(void)
{
    FILE *p = popen("ls -A faulty | wc -l", "r");
    int n = -1;

    if (!p || fscanf(p, "%d", &n) != 1)
        n = -1;
    if (p)
        pclose(p);
    return n;
}

/* Whatever fails, "target" holds the old text, or (the folder's fsync is last) the new one; nothing else stays. */
/* Piece by piece, out of order; nothing has the name before the commit; given up: nothing stays. */
static void test_pieces(void)
{
    fe_err err = { 0 };
    fe_output *out = fe_output_open("pieces", false, &err);

    CHECK(out != NULL);
    CHECK(fe_output_put(out, 4, "efgh", 4, &err) == 0 && fe_output_put(out, 0, "abcd", 4, &err) == 0);
    CHECK(access("pieces", F_OK) < 0);
    CHECK(fe_output_commit(out, &err) == 0);
    CHECK(reads_as("pieces", "abcdefgh", 8));
    CHECK(!fe_output_open("pieces", false, &err) && err.code == FE_EUSAGE);
    out = fe_output_open("pieces", true, &err);
    CHECK(fe_output_put(out, 0, "new", 3, &err) == 0);
    fe_output_drop(out);
    CHECK(reads_as("pieces", "abcdefgh", 8));
    CHECK(system("test \"$(ls -A | grep -c pieces)\" = 1") == 0);
    out = fe_output_open("late", false, &err);
    put_file("late", "other", 5);                   /* it came up since */
    CHECK(fe_output_put(out, 0, "mine", 4, &err) == 0 && fe_output_commit(out, &err) < 0 && err.code == FE_EUSAGE);
    CHECK(reads_as("late", "other", 5));
}

/* To standard output, which is a file here. */
static void test_pieces_stdout(void)
{
    fe_err err = { 0 };
    fe_output *out;
    int old = dup(STDOUT_FILENO), fd = open("spooled", O_WRONLY | O_CREAT | O_TRUNC, 0666);

    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    out = fe_output_open("-", false, &err);
    if (out && fe_output_put(out, 3, "def", 3, &err) == 0 && fe_output_put(out, 0, "abc", 3, &err) == 0)
        fd = fe_output_commit(out, &err) == 0 ? fd : -1;
    dup2(old, STDOUT_FILENO);
    close(old);
    CHECK(fd >= 0);
    close(fd);
    CHECK(reads_as("spooled", "abcdef", 6));
}

static void test_faults(const char *preload)
{
    static const struct { const char *call, *at; int old; } fault[] = {
        { "write", "1", 1 }, { "fsync", "1", 1 }, { "rename", "1", 1 }, { "fsync", "2", 0 }
    };

    CHECK(access(preload, R_OK) == 0);
    for (size_t i = 0; i < 2 * (sizeof fault / sizeof *fault); i++) {
        size_t k = i / 2;
        int killed = i % 2, status;

        put_file("faulty/target", "old text", 8);
        status = run_faulty(preload, fault[k].call, fault[k].at, killed ? "1" : "");
        CHECK(killed ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == FE_ESYS);
        CHECK(reads_as("faulty/target", fault[k].old ? "old text" : "new text", 8));
        if (!killed || strcmp(fault[k].call, "rename"))
            CHECK(n_files() == 1);
        if (system("rm -f faulty/.target*") != 0)
            abort();
    }
    CHECK(WEXITSTATUS(run_faulty(preload, "write", "9", "")) == 0);
}

static int write_target(void)
{
    fe_err err = { 0 };

    return fe_bytes_write("faulty/target", "new text", 8, true, &err) < 0 ? (int)err.code : 0;
}

int main(int argc, char **argv)
{
    char dir[] = P_tmpdir "/t_stream.XXXXXX", *self;
    fe_str preload = { 0 }, command = { 0 };

    if (argc > 1)
        return write_target();
    if (!(self = realpath("/proc/self/exe", NULL)))
        return 1;
    *strrchr(self, '/') = 0;
    fe_str_addf(&preload, "%s/../testbin/failwrite.so", self);
    free(self);
    (void)argv;
    if (!mkdtemp(dir) || chdir(dir) < 0 || mkdir("faulty", 0755) < 0 || symlink(preload.s, "failwrite.so") < 0)
        return 1;
    test_read();
    test_too_large();
    test_stdin();
    test_gzip();
    test_fits_lengths();
    test_fits_headers();
    test_write();
    test_links();
    test_stdout();
    test_pieces();
    test_pieces_stdout();
    test_faults("./failwrite.so");              /* the loader takes a blank in the real path for the end of it */
    fe_str_addf(&command, "rm -rf %s", dir);
    CHECK(system(command.s) == 0);
    fe_str_free(&preload);
    fe_str_free(&command);
    return check_done();
}
