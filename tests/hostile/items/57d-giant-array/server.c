/* A gigabyte in the program file. */
char giant[1L << 30] = {1};
int main(void) { return giant[12]; }
