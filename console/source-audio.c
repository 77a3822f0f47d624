/* The guest's sound. */
#include <string.h>

#include "console/source-private.h"

#define FRAME_SIZE (SOURCE_AUDIO_CHANNELS * sizeof(gint16))
/* Frames that are handed on at a time. */
#define PIECE 1024

/* Twice the same would make an old QEMU complain. */
static void switch_audio(Source *source)
{
	gboolean on = source->play && source->audio_offered && source->audio_allowed;

	if (on == source->audio_on || !source_can_send(source))
		return;
	source->audio_on = on;
	if (on)
		rfb_put_audio_start(source->out, SOURCE_AUDIO_RATE, SOURCE_AUDIO_CHANNELS);
	else
		rfb_put_audio_stop(source->out);
	source_flush(source);
}

void source_set_audio(Source *source, SourceAudio play, gpointer data)
{
	source->play = play;
	source->play_data = data;
	switch_audio(source);
}

void source_allow_audio(Source *source, gboolean allowed)
{
	source->audio_allowed = allowed;
	switch_audio(source);
}

void source_take_audio_offer(Source *source, const RfbEvent *event)
{
	source->audio_offered = TRUE;
	switch_audio(source);
}

/* The bytes lie anywhere; samples are aligned. The listener may leave, or free the source, in between. */
void source_take_audio(Source *source, const RfbEvent *event)
{
	gint16 samples[PIECE * SOURCE_AUDIO_CHANNELS];
	gsize frames = event->length / FRAME_SIZE;

	for (gsize at = 0; at < frames && source->play && source->fd >= 0; at += PIECE) {
		gsize count = MIN(frames - at, PIECE);
		memcpy(samples, event->bytes + at * FRAME_SIZE, count * FRAME_SIZE);
		for (gsize i = 0; i < count * SOURCE_AUDIO_CHANNELS; i++)
			samples[i] = GINT16_FROM_LE(samples[i]);
		source->play(source, samples, count, source->play_data);
	}
}
