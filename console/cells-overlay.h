/* Words over a picture in cells; part of console/cells.c. */
#pragma once

#include "console/text.h"

/* The picture: its cells in the grid, and its size in the pixels that they stand for. */
typedef struct {
	int left, top, columns, rows;
	int width, height;
} CellPicture;

/*
 * Writes what @reader found in @text (TEXT_MIXED) over the picture in @grid, in letters that can be read whatever the scale: a run of text begins
 * where it begins in the picture, and goes on cell by cell. Where that makes two of them meet, the later one goes down or to the right.
 */
void cells_overlay(CellGrid *grid, const CellPicture *picture, const CellGrid *text,
		   const TextReader *reader);
