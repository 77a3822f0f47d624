# painter: the smallest guest that measurements and hostile tests of the console need. It boots from the first sectors of a disk,
# uses nothing of the BIOS once a video mode is set, and does at once what the last key says:
#
#	t	text screen, 80x25		g	picture, 1024x768 with 32 bits
#	b	paint the whole picture anew at each tick (35 a second)
#	s	scroll the text screen by one line at each tick
#	i	idle: neither; the timer is masked, so that an idle guest really sleeps
#	n	scroll by one line, once	p	a page of other text, once
#	any other key: the block in the middle of the screen, and on a text screen the row of letters, get the next colour and letter
#
# The first row of the text screen says how many keys are down as the guest sees it ("held 00") and the last scancode: a key that got
# stuck on the way shows. Everything happens in the interrupt of the key, the fastest that a guest can be.
#
# Assembled with --32 and linked at 7c00 as a flat binary (Makefile.am). Sources: IBM PC/AT (8259, 8254, 8042), VBE 3.0.
	.intel_syntax noprefix
	.code16
	.text
	.globl _start

	.set SECTORS, 4			# this program, the boot sector among them
	.set COLUMNS, 80
	.set ROWS, 25
	.set LETTERS_ROW, 2		# of the letters, LETTERS of them
	.set LETTERS, 20
	.set BLOCK_ROW, 9		# the coloured block on the text screen
	.set BLOCK_ROWS, 6
	.set BLOCK_COLUMN, 30
	.set BLOCK_COLUMNS, 20
	.set WIDTH, 1024
	.set HEIGHT, 768
	.set BLOCK, 256			# pixels of the block's side
	.set VBE_MODE, 0x4144		# 1024x768x32 of QEMU's VGA, with a linear frame buffer
	.set TEXTURE, 0x200000		# two pictures high
	.set TICKS, 34091		# 1193182 / 35 Hz, a little more than what QEMU shows
	.set MODE_INFO, 0x9000
	.set MODE_INFO_FRAME_BUFFER, 0x28

_start:
	xor	ax, ax
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	sp, 0x7c00
	cld
	mov	ax, 0x0200 + SECTORS - 1	# read the sectors behind this one
	mov	cx, 0x0002
	mov	dh, 0
	mov	bx, 0x7e00
	int	0x13
	jc	_start
	ljmp	0, begin

	.org	510
	.word	0xaa55

begin:
	cli
	mov	word ptr [8 * 4], offset on_tick
	mov	word ptr [8 * 4 + 2], 0
	mov	word ptr [9 * 4], offset on_key
	mov	word ptr [9 * 4 + 2], 0
	mov	al, 0x34			# counter 0: rate generator
	out	0x43, al
	mov	al, TICKS & 0xff
	out	0x40, al
	mov	al, TICKS >> 8
	out	0x40, al
	mov	al, 0xfd			# the keyboard alone
	out	0x21, al
	call	make_texture
	call	set_text

# Modes are set here, since the BIOS must not be called from an interrupt; all else is done in the interrupts.
sleep:
	cli
	xor	ax, ax
	xchg	ax, [wanted]
	test	ax, ax
	jz	1f
	call	ax
1:	sti
	cmp	word ptr [wanted], 0
	jne	sleep
	hlt
	jmp	sleep

# --- video modes ------------------------------------------------------------------------------------------------------

set_text:
	mov	byte ptr [pictures], 0
	mov	ax, 0x0003
	int	0x10
	mov	ah, 0x01			# no cursor: its blinking would be a change
	mov	cx, 0x2000
	int	0x10
	call	show_held
	jmp	paint_next

set_picture:
	xor	ax, ax
	mov	es, ax
	mov	ax, 0x4f01
	mov	cx, VBE_MODE & 0x1ff
	mov	di, MODE_INFO
	int	0x10
	mov	ax, 0x4f02
	mov	bx, VBE_MODE
	int	0x10
	mov	byte ptr [pictures], 1
	jmp	paint_next

# --- interrupts -------------------------------------------------------------------------------------------------------

on_tick:
	pushad
	push	ds
	push	es
	xor	ax, ax
	mov	ds, ax
	mov	ax, [each_tick]
	test	ax, ax
	jz	1f
	call	ax
1:	jmp	end_of_interrupt

on_key:
	pushad
	push	ds
	push	es
	xor	ax, ax
	mov	ds, ax
	in	al, 0x60
	cmp	al, 0xe0
	jne	1f
	mov	byte ptr [extended], 0x80
	jmp	end_of_interrupt
1:	mov	[last], al
	mov	dl, al
	and	dl, 0x80			# set: let go
	and	al, 0x7f
	or	al, [extended]
	mov	byte ptr [extended], 0
	call	count_key
	test	dl, dl
	jnz	2f
	call	obey
2:	call	show_held
# With rotation: painting takes longer than a tick on a slow host, and the key's interrupt, which ranks below the timer's, would never come.
end_of_interrupt:
	mov	al, 0xa0
	out	0x20, al
	pop	es
	pop	ds
	popad
	iret

# al: number of the key, dl: not 0 when it was let go. A repetition counts once.
count_key:
	movzx	bx, al
	xor	cx, cx
	test	dl, dl
	setz	cl
	xchg	cl, [down + bx]
	test	dl, dl
	jnz	1f
	xor	cl, 1
	add	[held], cl
	ret
1:	sub	[held], cl
	ret

# al: number of the key that was pressed
obey:
	mov	si, offset commands
1:	cmp	byte ptr [si], 0
	je	paint_next
	cmp	al, [si]
	je	2f
	add	si, 5
	jmp	1b
2:	mov	ax, [si + 3]
	jmp	[si + 1]

# Scancode, what to do now, and its parameter in ax.
commands:
	.byte 0x14				# t
	.word want, set_text
	.byte 0x22				# g
	.word want, set_picture
	.byte 0x30				# b
	.word tick_with, paint_picture
	.byte 0x1f				# s
	.word tick_with, scroll
	.byte 0x17				# i
	.word be_idle, 0
	.byte 0x31				# n
	.word scroll, 0
	.byte 0x19				# p
	.word new_page, 0
	.byte 0

want:
	mov	[wanted], ax
	ret

tick_with:
	mov	[each_tick], ax
	mov	al, 0xfc
	out	0x21, al
	ret

be_idle:
	mov	[each_tick], ax
	mov	al, 0xfd
	out	0x21, al
	ret

# --- the text screen --------------------------------------------------------------------------------------------------

# "held 00  key 00": the numbers at their columns in hexadecimal
show_held:
	cmp	byte ptr [pictures], 0
	jne	3f
	mov	ax, 0xb800
	mov	es, ax
	mov	si, offset words
	xor	di, di
	mov	ah, 0x07
1:	lodsb
	test	al, al
	jz	2f
	stosw
	jmp	1b
2:	mov	di, 13 * 2
	mov	al, [held]
	call	show_byte
	mov	di, 20 * 2
	mov	al, [last]
	call	show_byte
3:	ret

show_byte:
	mov	bl, al
	shr	al, 4
	call	show_digit
	mov	al, bl
	and	al, 15
show_digit:
	add	al, '0'
	cmp	al, '9'
	jbe	1f
	add	al, 'a' - '9' - 1
1:	mov	ah, 0x07
	stosw
	ret

words:	.asciz	"painter held 00 key 00"

# The next letter and the next colour, where the eye of a measurement rests.
paint_next:
	inc	byte ptr [colour]
	cmp	byte ptr [pictures], 0
	jne	paint_block
	mov	ax, 0xb800
	mov	es, ax
	mov	al, [letter]
	inc	al
	cmp	al, 'Z'
	jbe	1f
	mov	al, 'A'
1:	mov	[letter], al
	mov	ah, 0x0f
	mov	di, LETTERS_ROW * COLUMNS * 2
	mov	cx, LETTERS
	rep	stosw
	mov	al, [colour]			# backgrounds 1 to 4: never black, never twice the same
	and	al, 3
	inc	al
	shl	al, 4
	mov	ah, al
	mov	al, ' '
	mov	di, (BLOCK_ROW * COLUMNS + BLOCK_COLUMN) * 2
	mov	dx, BLOCK_ROWS
2:	mov	cx, BLOCK_COLUMNS
	rep	stosw
	add	di, (COLUMNS - BLOCK_COLUMNS) * 2
	dec	dx
	jnz	2b
	ret

# All lines move up by one; the last one is new.
scroll:
	cmp	byte ptr [pictures], 0
	jne	1f
	mov	ax, 0xb800
	mov	es, ax
	mov	ds, ax
	mov	si, COLUMNS * 2
	xor	di, di
	mov	cx, COLUMNS * (ROWS - 1)
	rep	movsw
	xor	ax, ax
	mov	ds, ax
	call	write_line
1:	ret

new_page:
	cmp	byte ptr [pictures], 0
	jne	2f
	mov	ax, 0xb800
	mov	es, ax
	xor	di, di
	mov	dx, ROWS
1:	call	write_line
	dec	dx
	jnz	1b
2:	ret

# Words of random letters and lengths, grey on black, a line at es:di; uses cx, eax, bx.
write_line:
	mov	cx, COLUMNS
1:	call	random
	mov	al, ' '
	test	ebx, 0x70000
	jz	2f
	shr	ebx, 20
	and	bl, 15
	mov	al, 'a'
	add	al, bl
2:	mov	ah, 0x07
	stosw
	loop	1b
	ret

# A new number in ebx (the generator of Numerical Recipes).
random:
	imul	ebx, [seed], 1664525
	add	ebx, 1013904223
	mov	[seed], ebx
	ret

# --- the picture ------------------------------------------------------------------------------------------------------

# Lets es reach all memory: the BIOS of a mode change may have taken that back.
reach_all:
	push	eax
	lgdt	[gdt_pointer]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	jmp	1f
1:	mov	bx, 8
	mov	es, bx
	mov	ds, bx
	and	al, 0xfe
	mov	cr0, eax
	jmp	2f
2:	xor	ax, ax
	mov	es, ax
	mov	ds, ax
	pop	eax
	ret

gdt:	.quad	0, 0x00cf92000000ffff		# flat data
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

# Twice the height of the screen, so that a picture can begin at each row. Flat squares with a gradient in each: neither the
# best nor the worst for those who compress.
make_texture:
	call	reach_all
	mov	edi, TEXTURE
	xor	edx, edx			# y
1:	xor	ecx, ecx			# x
2:	mov	eax, ecx
	shr	eax, 5
	mov	ebx, edx
	shr	ebx, 5
	xor	eax, ebx
	imul	eax, eax, 0x1b3d57
	add	eax, ecx
	and	eax, 0xffffff
	mov	es:[edi], eax
	add	edi, 4
	inc	ecx
	cmp	ecx, WIDTH
	jb	2b
	inc	edx
	cmp	edx, 2 * HEIGHT
	jb	1b
	ret

# The whole picture, the texture seven rows further than last time.
paint_picture:
	cmp	byte ptr [pictures], 0
	je	2f
	call	reach_all
	mov	eax, [offset_rows]
	add	eax, 7
	cmp	eax, HEIGHT
	jb	1f
	sub	eax, HEIGHT
1:	mov	[offset_rows], eax
	imul	esi, eax, WIDTH * 4
	add	esi, TEXTURE
	mov	edi, [MODE_INFO + MODE_INFO_FRAME_BUFFER]
	mov	ecx, WIDTH * HEIGHT
	addr32 rep movsd
2:	ret

paint_block:
	call	reach_all
	movzx	eax, byte ptr [colour]
	imul	eax, eax, 0x252341
	and	eax, 0xffffff
	mov	edi, [MODE_INFO + MODE_INFO_FRAME_BUFFER]
	add	edi, ((HEIGHT - BLOCK) / 2 * WIDTH + (WIDTH - BLOCK) / 2) * 4
	mov	edx, BLOCK
1:	mov	ecx, BLOCK
	addr32 rep stosd
	add	edi, (WIDTH - BLOCK) * 4
	dec	edx
	jnz	1b
	ret

wanted:		.word	0			# function for the loop that sleeps
each_tick:	.word	0			# function, 0 = none
seed:		.long	1
offset_rows:	.long	0
pictures:	.byte	0			# the mode is a picture
extended:	.byte	0
held:		.byte	0
last:		.byte	0
colour:		.byte	0
letter:		.byte	'A' - 1
down:		.fill	256, 1, 0

	.org	SECTORS * 512			# the assembler refuses when the program is longer
