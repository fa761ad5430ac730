#include "textflag.h"

// func addToRowsOf(table *float32, at *int32, by *float32, rows int, x *float32, width int)
// As many columns at a time as there is room for in registers: 64, 32 or 8.
TEXT ·addToRowsOf(SB), NOSPLIT, $0-48
	MOVQ table+0(FP), SI
	MOVQ at+8(FP), R8
	MOVQ by+16(FP), R9
	MOVQ rows+24(FP), R10
	MOVQ x+32(FP), DI
	MOVQ width+40(FP), CX
	MOVQ CX, R11
	SHLQ $2, R11

columns:
	XORQ BX, BX
	CMPQ CX, $64
	JGE  sixtyFour
	CMPQ CX, $32
	JGE  thirtyTwo
	CMPQ CX, $8
	JGE  eight
	VZEROUPPER
	RET

sixtyFour:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7

sixtyFourRow:
	MOVLQSX      (R8)(BX*4), AX
	IMULQ        R11, AX
	ADDQ         SI, AX
	VBROADCASTSS (R9)(BX*4), Y8
	VMULPS       Y0, Y8, Y9
	VMULPS       Y1, Y8, Y10
	VMULPS       Y2, Y8, Y11
	VMULPS       Y3, Y8, Y12
	VADDPS       (AX), Y9, Y9
	VADDPS       32(AX), Y10, Y10
	VADDPS       64(AX), Y11, Y11
	VADDPS       96(AX), Y12, Y12
	VMOVUPS      Y9, (AX)
	VMOVUPS      Y10, 32(AX)
	VMOVUPS      Y11, 64(AX)
	VMOVUPS      Y12, 96(AX)
	VMULPS       Y4, Y8, Y9
	VMULPS       Y5, Y8, Y10
	VMULPS       Y6, Y8, Y11
	VMULPS       Y7, Y8, Y12
	VADDPS       128(AX), Y9, Y9
	VADDPS       160(AX), Y10, Y10
	VADDPS       192(AX), Y11, Y11
	VADDPS       224(AX), Y12, Y12
	VMOVUPS      Y9, 128(AX)
	VMOVUPS      Y10, 160(AX)
	VMOVUPS      Y11, 192(AX)
	VMOVUPS      Y12, 224(AX)
	INCQ         BX
	CMPQ         BX, R10
	JLT          sixtyFourRow
	ADDQ         $256, DI
	ADDQ         $256, SI
	SUBQ         $64, CX
	JMP          columns

thirtyTwo:
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3

thirtyTwoRow:
	MOVLQSX      (R8)(BX*4), AX
	IMULQ        R11, AX
	ADDQ         SI, AX
	VBROADCASTSS (R9)(BX*4), Y8
	VMULPS       Y0, Y8, Y9
	VMULPS       Y1, Y8, Y10
	VMULPS       Y2, Y8, Y11
	VMULPS       Y3, Y8, Y12
	VADDPS       (AX), Y9, Y9
	VADDPS       32(AX), Y10, Y10
	VADDPS       64(AX), Y11, Y11
	VADDPS       96(AX), Y12, Y12
	VMOVUPS      Y9, (AX)
	VMOVUPS      Y10, 32(AX)
	VMOVUPS      Y11, 64(AX)
	VMOVUPS      Y12, 96(AX)
	INCQ         BX
	CMPQ         BX, R10
	JLT          thirtyTwoRow
	ADDQ         $128, DI
	ADDQ         $128, SI
	SUBQ         $32, CX
	JMP          columns

eight:
	VMOVUPS (DI), Y0

eightRow:
	MOVLQSX      (R8)(BX*4), AX
	IMULQ        R11, AX
	VBROADCASTSS (R9)(BX*4), Y8
	VMULPS       Y0, Y8, Y9
	VADDPS       (SI)(AX*1), Y9, Y9
	VMOVUPS      Y9, (SI)(AX*1)
	INCQ         BX
	CMPQ         BX, R10
	JLT          eightRow
	ADDQ         $32, DI
	ADDQ         $32, SI
	SUBQ         $8, CX
	JMP          columns

// func dotRowsOf(out, table *float32, at *int32, rows int, x *float32, width int)
TEXT ·dotRowsOf(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ table+8(FP), SI
	MOVQ at+16(FP), R8
	MOVQ rows+24(FP), R10
	MOVQ x+32(FP), R9
	MOVQ width+40(FP), CX
	SHLQ $2, CX
	XORQ BX, BX

row:
	MOVLQSX (R8)(BX*4), AX
	IMULQ   CX, AX
	ADDQ    SI, AX
	VXORPS  Y0, Y0, Y0
	XORQ    DX, DX

eight:
	VMOVUPS (R9)(DX*1), Y1
	VMULPS  (AX)(DX*1), Y1, Y1
	VADDPS  Y1, Y0, Y0
	ADDQ    $32, DX
	CMPQ    DX, CX
	JLT     eight

	// Sums 0 to 7 become one as in dotOf: each to the one four on, two on, then the next.
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VMOVHLPS     X0, X0, X1
	VADDPS       X1, X0, X0
	VSHUFPS      $1, X0, X0, X1
	VADDSS       X1, X0, X0
	VMOVSS       X0, (DI)(BX*4)
	INCQ         BX
	CMPQ         BX, R10
	JLT          row
	VZEROUPPER
	RET

// func moreOfTo(h *float32, from *int32, x *float32, n int, which int32)
TEXT ·moreOfTo(SB), NOSPLIT, $0-36
	MOVQ         h+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         x+16(FP), R8
	MOVQ         n+24(FP), CX
	MOVL         which+32(FP), AX
	VMOVD        AX, X4
	VPBROADCASTD X4, Y4

eight:
	VMOVUPS   (DI), Y0
	VMOVUPS   (R8), Y1
	VMOVUPS   (SI), Y2
	VCMPPS    $0x1e, Y0, Y1, Y3 // where x is more
	VBLENDVPS Y3, Y1, Y0, Y0
	VBLENDVPS Y3, Y4, Y2, Y2
	VMOVUPS   Y0, (DI)
	VMOVUPS   Y2, (SI)
	ADDQ      $32, DI
	ADDQ      $32, SI
	ADDQ      $32, R8
	SUBQ      $8, CX
	JG        eight
	VZEROUPPER
	RET

// func stepsTo(step, moved, slope *float32, n int, size float32)
TEXT ·stepsTo(SB), NOSPLIT, $0-36
	MOVQ         step+0(FP), DI
	MOVQ         moved+8(FP), SI
	MOVQ         slope+16(FP), R8
	MOVQ         n+24(FP), CX
	VBROADCASTSS size+32(FP), Y4
	MOVL         $0x3a83126f, AX // netNoDivide
	VMOVD        AX, X5
	VBROADCASTSS X5, Y5

eight:
	VMOVUPS (R8), Y0
	VMULPS  Y0, Y0, Y1
	VMULPS  Y4, Y1, Y1
	VADDPS  (SI), Y1, Y1
	VMOVUPS Y1, (SI)
	VSQRTPS Y1, Y1
	VADDPS  Y5, Y1, Y1
	VDIVPS  Y1, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, SI
	ADDQ    $32, R8
	SUBQ    $8, CX
	JG      eight
	VZEROUPPER
	RET

// expNumbers are those of exp, in the order in which they are needed.
DATA expNumbers<>+0(SB)/4, $-80.0
DATA expNumbers<>+4(SB)/4, $1.44269504088896341
DATA expNumbers<>+8(SB)/4, $12582912.0
DATA expNumbers<>+12(SB)/4, $0.693359375
DATA expNumbers<>+16(SB)/4, $-2.12194440e-4
DATA expNumbers<>+20(SB)/4, $1.9875691500e-4
DATA expNumbers<>+24(SB)/4, $1.3981999507e-3
DATA expNumbers<>+28(SB)/4, $8.3334519073e-3
DATA expNumbers<>+32(SB)/4, $4.1665795894e-2
DATA expNumbers<>+36(SB)/4, $1.6666665459e-1
DATA expNumbers<>+40(SB)/4, $5.0000001201e-1
DATA expNumbers<>+44(SB)/4, $1.0
GLOBL expNumbers<>(SB), RODATA, $48

// func likelihoodsOf(x *float32, n int)
TEXT ·likelihoodsOf(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	SHLQ $2, CX

	// The highest score, in all of Y0.
	VMOVUPS (DI), Y0
	XORQ    DX, DX

most:
	VMAXPS     (DI)(DX*1), Y0, Y0
	ADDQ       $32, DX
	CMPQ       DX, CX
	JLT        most
	VPERM2F128 $1, Y0, Y0, Y1
	VMAXPS     Y1, Y0, Y0
	VSHUFPS    $0x4e, Y0, Y0, Y1
	VMAXPS     Y1, Y0, Y0
	VSHUFPS    $0xb1, Y0, Y0, Y1
	VMAXPS     Y1, Y0, Y0

	// e to the power of how far below that each is, and their sums in Y1.
	VXORPS       Y1, Y1, Y1
	XORQ         DX, DX
	VBROADCASTSS expNumbers<>+0(SB), Y4
	VBROADCASTSS expNumbers<>+4(SB), Y5
	VBROADCASTSS expNumbers<>+8(SB), Y6
	VBROADCASTSS expNumbers<>+12(SB), Y7
	VBROADCASTSS expNumbers<>+16(SB), Y8
	VBROADCASTSS expNumbers<>+20(SB), Y9
	VBROADCASTSS expNumbers<>+24(SB), Y10
	VBROADCASTSS expNumbers<>+28(SB), Y11
	VBROADCASTSS expNumbers<>+32(SB), Y12
	VBROADCASTSS expNumbers<>+36(SB), Y13
	VBROADCASTSS expNumbers<>+40(SB), Y14
	VBROADCASTSS expNumbers<>+44(SB), Y15

exp:
	VMOVUPS (DI)(DX*1), Y2
	VSUBPS  Y0, Y2, Y2
	VMOVUPS Y2, (DI)(DX*1) // as it is needed once more
	VMULPS  Y5, Y2, Y3
	VADDPS  Y6, Y3, Y3
	VSUBPS  Y6, Y3, Y3     // n
	VMULPS  Y7, Y3, Y3
	VSUBPS  Y3, Y2, Y2
	VMOVUPS (DI)(DX*1), Y3
	VMULPS  Y5, Y3, Y3
	VADDPS  Y6, Y3, Y3
	VSUBPS  Y6, Y3, Y3
	VMULPS  Y8, Y3, Y3
	VSUBPS  Y3, Y2, Y2     // the rest
	VMULPS  Y9, Y2, Y3
	VADDPS  Y10, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y11, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y12, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y13, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y14, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VMULPS  Y2, Y3, Y3
	VADDPS  Y2, Y3, Y3
	VADDPS  Y15, Y3, Y3
	VMOVUPS (DI)(DX*1), Y2
	VMULPS  Y5, Y2, Y2
	VADDPS  Y6, Y2, Y2
	VPSLLD  $23, Y2, Y2
	VPADDD  Y15, Y2, Y2    // 1 is 127<<23
	VMULPS  Y2, Y3, Y3
	VMOVUPS (DI)(DX*1), Y2
	VCMPPS  $0x1d, Y4, Y2, Y2
	VANDPS  Y2, Y3, Y3
	VMOVUPS Y3, (DI)(DX*1)
	VADDPS  Y3, Y1, Y1
	ADDQ    $32, DX
	CMPQ    DX, CX
	JLT     exp

	VEXTRACTF128 $1, Y1, X2
	VADDPS       X2, X1, X1
	VMOVHLPS     X1, X1, X2
	VADDPS       X2, X1, X1
	VSHUFPS      $1, X1, X1, X2
	VADDSS       X2, X1, X1
	VBROADCASTSS X1, Y1
	XORQ         DX, DX

share:
	VMOVUPS (DI)(DX*1), Y2
	VDIVPS  Y1, Y2, Y2
	VMOVUPS Y2, (DI)(DX*1)
	ADDQ    $32, DX
	CMPQ    DX, CX
	JLT     share
	VZEROUPPER
	RET
