#include "textflag.h"

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT  no

	// The system saves the registers: it uses XSAVE, for SSE's and AVX's.
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $(1<<27 | 1<<28), CX
	CMPL CX, $(1<<27 | 1<<28)
	JNE  no
	XORL CX, CX
	XGETBV
	ANDL $6, AX
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $5, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)

no:
	RET

// CELLS and NUMBERS add eight of a row, from an offset on, times Y0 to the sums in a
// register.
#define CELLS(offset, sums) \
	VPMOVSXBD offset(SI), Y1 \
	VCVTDQ2PS Y1, Y1         \
	VMULPS    Y0, Y1, Y1     \
	VADDPS    Y1, sums, sums

#define NUMBERS(offset, sums) \
	VMULPS offset(SI), Y0, Y1 \
	VADDPS Y1, sums, sums

// LOAD and STORE move 64 sums.
#define LOAD \
	VMOVUPS (DI), Y8     \
	VMOVUPS 32(DI), Y9   \
	VMOVUPS 64(DI), Y10  \
	VMOVUPS 96(DI), Y11  \
	VMOVUPS 128(DI), Y12 \
	VMOVUPS 160(DI), Y13 \
	VMOVUPS 192(DI), Y14 \
	VMOVUPS 224(DI), Y15

#define STORE \
	VMOVUPS Y8, (DI)     \
	VMOVUPS Y9, 32(DI)   \
	VMOVUPS Y10, 64(DI)  \
	VMOVUPS Y11, 96(DI)  \
	VMOVUPS Y12, 128(DI) \
	VMOVUPS Y13, 160(DI) \
	VMOVUPS Y14, 192(DI) \
	VMOVUPS Y15, 224(DI)

// func addCellRowsTo(sum *float32, sums int, row *int32, by *float32, rows int, cells *int8, width int)
TEXT ·addCellRowsTo(SB), NOSPLIT, $0-56
	MOVQ sum+0(FP), DI
	MOVQ sums+8(FP), CX
	MOVQ row+16(FP), R8
	MOVQ by+24(FP), R9
	MOVQ rows+32(FP), R10
	MOVQ cells+40(FP), R11
	MOVQ width+48(FP), R12

next64:
	CMPQ CX, $64
	JLT  next8
	LOAD
	XORQ AX, AX

row64:
	MOVLQSX      (R8)(AX*4), SI
	IMULQ        R12, SI
	ADDQ         R11, SI
	VBROADCASTSS (R9)(AX*4), Y0
	CELLS(0, Y8)
	CELLS(8, Y9)
	CELLS(16, Y10)
	CELLS(24, Y11)
	CELLS(32, Y12)
	CELLS(40, Y13)
	CELLS(48, Y14)
	CELLS(56, Y15)
	INCQ         AX
	CMPQ         AX, R10
	JLT          row64
	STORE
	ADDQ         $256, DI
	ADDQ         $64, R11
	SUBQ         $64, CX
	JMP          next64

next8:
	CMPQ    CX, $8
	JLT     done
	VMOVUPS (DI), Y8
	XORQ    AX, AX

row8:
	MOVLQSX      (R8)(AX*4), SI
	IMULQ        R12, SI
	ADDQ         R11, SI
	VBROADCASTSS (R9)(AX*4), Y0
	CELLS(0, Y8)
	INCQ         AX
	CMPQ         AX, R10
	JLT          row8
	VMOVUPS      Y8, (DI)
	ADDQ         $32, DI
	ADDQ         $8, R11
	SUBQ         $8, CX
	JMP          next8

done:
	VZEROUPPER
	RET

// func addRowsTo(sum *float32, sums int, row *int32, by *float32, rows int, x *float32, width int)
TEXT ·addRowsTo(SB), NOSPLIT, $0-56
	MOVQ sum+0(FP), DI
	MOVQ sums+8(FP), CX
	MOVQ row+16(FP), R8
	MOVQ by+24(FP), R9
	MOVQ rows+32(FP), R10
	MOVQ x+40(FP), R11
	MOVQ width+48(FP), R12
	SHLQ $2, R12

next64:
	CMPQ CX, $64
	JLT  next8
	LOAD
	XORQ AX, AX

row64:
	MOVLQSX      (R8)(AX*4), SI
	IMULQ        R12, SI
	ADDQ         R11, SI
	VBROADCASTSS (R9)(AX*4), Y0
	NUMBERS(0, Y8)
	NUMBERS(32, Y9)
	NUMBERS(64, Y10)
	NUMBERS(96, Y11)
	NUMBERS(128, Y12)
	NUMBERS(160, Y13)
	NUMBERS(192, Y14)
	NUMBERS(224, Y15)
	INCQ         AX
	CMPQ         AX, R10
	JLT          row64
	STORE
	ADDQ         $256, DI
	ADDQ         $256, R11
	SUBQ         $64, CX
	JMP          next64

next8:
	CMPQ    CX, $8
	JLT     done
	VMOVUPS (DI), Y8
	XORQ    AX, AX

row8:
	MOVLQSX      (R8)(AX*4), SI
	IMULQ        R12, SI
	ADDQ         R11, SI
	VBROADCASTSS (R9)(AX*4), Y0
	NUMBERS(0, Y8)
	INCQ         AX
	CMPQ         AX, R10
	JLT          row8
	VMOVUPS      Y8, (DI)
	ADDQ         $32, DI
	ADDQ         $32, R11
	SUBQ         $8, CX
	JMP          next8

done:
	VZEROUPPER
	RET
