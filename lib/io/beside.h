/* beside.h -- files that other files name. */
#ifndef FE_IO_BESIDE_H
#define FE_IO_BESIDE_H

/* `name` in the folder of `file` when it is there, else as it stands.  The caller frees. */
char *fe_path_beside(const char *file, const char *name);
/* The same for names in models files: $VAR, ${VAR} and $(VAR) are those of the environment, unknown ones stay.  The caller frees. */
char *fe_path_named(const char *file, const char *name);
/* The same as a name that leads there from other folders, too: with its variable ($VAR), or absolute when it is there. */
char *fe_path_lasting(const char *file, const char *name);
/* The file name without folder, .gz and suffix.  The caller frees. */
char *fe_path_stem(const char *path);
#endif
