/* What the wrong driver does wrong, by sector. */
#ifndef BLOCK_TEST_BAD_H
#define BLOCK_TEST_BAD_H

#define LOOPS   1000u
#define FORGETS 2000u
#define DIES    3000u

#endif
