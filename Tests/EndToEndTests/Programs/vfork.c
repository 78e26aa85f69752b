/* vfork.c : sleep_in_vfork() keeps the calling thread in uninterruptible sleep (D): vfork(2) returns to the parent when
   the child ends, and that waits for ever. */
#define _DEFAULT_SOURCE
#include <unistd.h>

void sleep_in_vfork(void)
{
	if (vfork() == 0)
		for (;;)
			pause();
}
