/*
 * block.h: blocks that a program hands over (clang -fblocks), as Clang's block ABI lays them out. The engine
 * is compiled without blocks: to it one is a pointer to a literal whose fourth field is the function.
 *
 * A block that outlives the call it came with is copied: the caller's may be on his stack. Copying and
 * releasing are the work of the runtime that the program's blocks belong to (libBlocksRuntime, or what an
 * Objective-C or Swift runtime has), which is looked for at the first block that needs it.
 */
#ifndef CM_BASE_BLOCK_H
#define CM_BASE_BLOCK_H

#include "status.h"

typedef void (*cm_block_code)(void);

/*
 * [any, not render] A copy of a block, or one more reference to it, to be ended with cm_block_release. NULL
 * gives NULL. cmMemFullError; cmParamError, with the text, for one that needs a runtime where there is none.
 */
OSStatus cm_block_copy(const void *block, const void **out);

/* [any, render if it is not the last reference] Ends what cm_block_copy gave; NULL is allowed. */
void cm_block_release(const void *block);

/*
 * [any, render] The function of a block that is not NULL, to be cast to what it is: its first parameter is
 * the block itself, a const void *, then come the block's own.
 */
cm_block_code cm_block_invoke(const void *block);

#endif
