/* Replays files through a fuzz target, without libFuzzer: each argument is a file, or a directory of files. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static unsigned replayed;

static void replay(const char *path)
{
    FILE *in = fopen(path, "rb");
    struct stat info;
    if (!in || fstat(fileno(in), &info))
        fuzz_broken("a readable file", path, 0);
    size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size ? size : 1);  /* exactly so much: a read beyond it is seen */
    if (!data || fread(data, 1, size, in) != size)
        fuzz_broken("a readable file", path, 0);
    fclose(in);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed++;
}

static void replay_directory(DIR *directory, const char *path)
{
    char file[4096];
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        replay(file);
    }
    closedir(directory);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        if (directory)
            replay_directory(directory, argv[i]);
        else
            replay(argv[i]);
    }
    printf("%u passed, 0 failed\n", replayed);
    return EXIT_SUCCESS;
}
