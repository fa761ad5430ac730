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

// NUMBERS adds eight of a row, from an offset on, times Y0 to the sums in a register.
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

// CELLS adds 16 of two rows, from an offset on, times the two numbers of Y0 to what is
// counted: of the first and third four in one register, of the second and fourth in
// another.
#define CELLS(offset, odd, even) \
	VPMOVSXBW  offset(SI), Y1 \
	VPMOVSXBW  offset(DX), Y2 \
	VPUNPCKLWD Y2, Y1, Y3     \
	VPUNPCKHWD Y2, Y1, Y4     \
	VPMADDWD   Y0, Y3, Y3     \
	VPMADDWD   Y0, Y4, Y4     \
	VPADDD     Y3, odd, odd   \
	VPADDD     Y4, even, even

// STEPS adds what was counted, times Y0, to 16 sums.
#define STEPS(offset, odd, even) \
	VPERM2I128 $0x20, even, odd, Y1     \
	VPERM2I128 $0x31, even, odd, Y2     \
	VCVTDQ2PS  Y1, Y1                   \
	VCVTDQ2PS  Y2, Y2                   \
	VMULPS     Y0, Y1, Y1               \
	VMULPS     Y0, Y2, Y2               \
	VADDPS     offset(DI), Y1, Y1       \
	VADDPS     (offset+32)(DI), Y2, Y2  \
	VMOVUPS    Y1, offset(DI)           \
	VMOVUPS    Y2, (offset+32)(DI)

// TWO finds the next two rows, and what they count.
#define TWO \
	MOVLQSX      (R8)(AX*4), SI  \
	IMULQ        R12, SI         \
	ADDQ         R11, SI         \
	MOVLQSX      4(R8)(AX*4), DX \
	IMULQ        R12, DX         \
	ADDQ         R11, DX         \
	VPBROADCASTD (R9)(AX*2), Y0

// func addCellRowsTo(sum *float32, sums int, row *int32, by *int16, rows int, cells *int8, width int, step float32)
TEXT ·addCellRowsTo(SB), NOSPLIT, $0-60
	MOVQ sum+0(FP), DI
	MOVQ sums+8(FP), CX
	MOVQ row+16(FP), R8
	MOVQ by+24(FP), R9
	MOVQ rows+32(FP), R10
	MOVQ cells+40(FP), R11
	MOVQ width+48(FP), R12

	// Most rows have to be waited for: for all at the same time.
	XORQ AX, AX

ask:
	MOVLQSX     (R8)(AX*4), SI
	IMULQ       R12, SI
	PREFETCHT0  (R11)(SI*1)
	PREFETCHT0  64(R11)(SI*1)
	INCQ        AX
	CMPQ        AX, R10
	JLT         ask

next64:
	CMPQ  CX, $64
	JLT   next16
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	VPXOR Y10, Y10, Y10
	VPXOR Y11, Y11, Y11
	VPXOR Y12, Y12, Y12
	VPXOR Y13, Y13, Y13
	VPXOR Y14, Y14, Y14
	VPXOR Y15, Y15, Y15
	XORQ  AX, AX

row64:
	TWO
	CELLS(0, Y8, Y9)
	CELLS(16, Y10, Y11)
	CELLS(32, Y12, Y13)
	CELLS(48, Y14, Y15)
	ADDQ         $2, AX
	CMPQ         AX, R10
	JLT          row64
	VBROADCASTSS step+56(FP), Y0
	STEPS(0, Y8, Y9)
	STEPS(64, Y10, Y11)
	STEPS(128, Y12, Y13)
	STEPS(192, Y14, Y15)
	ADDQ         $256, DI
	ADDQ         $64, R11
	SUBQ         $64, CX
	JMP          next64

next16:
	CMPQ  CX, $16
	JLT   done
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	XORQ  AX, AX

row16:
	TWO
	CELLS(0, Y8, Y9)
	ADDQ         $2, AX
	CMPQ         AX, R10
	JLT          row16
	VBROADCASTSS step+56(FP), Y0
	STEPS(0, Y8, Y9)
	ADDQ         $64, DI
	ADDQ         $16, R11
	SUBQ         $16, CX
	JMP          next16

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
