#include "textflag.h"

// func addTo(sum *float32, n int, a float32, x *float32)
TEXT ·addTo(SB), NOSPLIT, $0-32
	MOVQ   sum+0(FP), DI
	MOVQ   n+8(FP), CX
	MOVSS  a+16(FP), X0
	SHUFPS $0, X0, X0
	MOVQ   x+24(FP), SI
	SUBQ   $8, CX
	JL     rest

eight:
	MOVUPS (SI), X1
	MOVUPS 16(SI), X2
	MULPS  X0, X1
	MULPS  X0, X2
	MOVUPS (DI), X3
	MOVUPS 16(DI), X4
	ADDPS  X1, X3
	ADDPS  X2, X4
	MOVUPS X3, (DI)
	MOVUPS X4, 16(DI)
	ADDQ   $32, SI
	ADDQ   $32, DI
	SUBQ   $8, CX
	JGE    eight

rest:
	ADDQ $8, CX
	JEQ  done

one:
	MOVSS (SI), X1
	MULSS X0, X1
	ADDSS (DI), X1
	MOVSS X1, (DI)
	ADDQ  $4, SI
	ADDQ  $4, DI
	DECQ  CX
	JNE   one

done:
	RET

// func dotOf(a *float32, n int, b *float32) float32
TEXT ·dotOf(SB), NOSPLIT, $0-28
	MOVQ  a+0(FP), DI
	MOVQ  n+8(FP), CX
	MOVQ  b+16(FP), SI
	XORPS X0, X0
	XORPS X1, X1
	SUBQ  $8, CX
	JL    rest

eight:
	MOVUPS (SI), X2
	MOVUPS 16(SI), X3
	MOVUPS (DI), X4
	MOVUPS 16(DI), X5
	MULPS  X4, X2
	MULPS  X5, X3
	ADDPS  X2, X0
	ADDPS  X3, X1
	ADDQ   $32, SI
	ADDQ   $32, DI
	SUBQ   $8, CX
	JGE    eight

rest:
	// Sums 0 to 7 become one: each to the one four on, then two on, then the next.
	ADDPS   X1, X0
	MOVHLPS X0, X1
	ADDPS   X1, X0
	MOVAPS  X0, X1
	SHUFPS  $1, X1, X1
	ADDSS   X1, X0
	ADDQ    $8, CX
	JEQ     done

one:
	MOVSS (SI), X1
	MULSS (DI), X1
	ADDSS X1, X0
	ADDQ  $4, SI
	ADDQ  $4, DI
	DECQ  CX
	JNE   one

done:
	MOVSS X0, ret+24(FP)
	RET

// func largerTo(sum *float32, n int, x *float32)
// n is a multiple of 4.
TEXT ·largerTo(SB), NOSPLIT, $0-24
	MOVQ sum+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ x+16(FP), SI

four:
	MOVUPS (DI), X1
	MOVUPS (SI), X0
	MAXPS  X1, X0     // X0 if it is larger than X1, else X1
	MOVUPS X0, (DI)
	ADDQ   $16, SI
	ADDQ   $16, DI
	SUBQ   $4, CX
	JG     four
	RET
