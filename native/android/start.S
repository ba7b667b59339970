// What a shared library for Android begins with: who it belongs to, what to do when it is unloaded, and the note that
// says what it was built for.
    .hidden __dso_handle
    .globl __dso_handle
    .data
    .balign 8
__dso_handle:
    .quad __dso_handle

    .section .fini_array, "aw"
    .balign 8
    .quad on_unload

    .text
    .type on_unload, %function
on_unload:
#if defined(__x86_64__)
    leaq __dso_handle(%rip), %rdi
    jmp __cxa_finalize@PLT
#else
    adrp x0, __dso_handle
    add x0, x0, :lo12:__dso_handle
    b __cxa_finalize
#endif
    .size on_unload, . - on_unload

    .section .note.android.ident, "a", %note
    .balign 4
    .long 8               // size of the name
    .long 4 + 64 + 64     // size of what follows it
    .long 1
    .asciz "Android"
    .long 27              // API
    .asciz "none"         // version of the NDK
    .zero 59
    .asciz "debian-clang" // and its build
    .zero 51
    .section .note.GNU-stack, "", %progbits
