/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import java.util.Arrays;
import org.deqir.RestorationResult;
import org.deqir.image.Plane;

/**
 * Which channels of a plane are equal and which are constant, and the same for what is restored
 * from them.
 *
 * <p>A grey image saved as RGB stays grey, and an empty channel stays empty. A single channel is
 * never taken for constant here.
 */
public final class AlikeChannels {

    /** For each channel the first one that is equal to it. */
    private final int[] first;

    /** For each channel its only grey level; NaN if it has several. */
    private final float[] only;

    private AlikeChannels(int[] first, float[] only) {
        this.first = first;
        this.only = only;
    }

    /**
     * @param plane the measurement; not changed
     * @param missing pixels that are not compared; null if all are
     * @param mayBeEqual false if equal channels are restored to different ones
     * @return which channels are alike
     */
    public static AlikeChannels of(Plane plane, boolean[] missing, boolean mayBeEqual) {
        final int count = plane.channels().length;
        final int[] first = new int[count];
        final float[] only = new float[count];
        Arrays.fill(only, Float.NaN);
        for (int c = 0; c < count; c++) {
            first[c] = c;
            for (int other = c - 1; mayBeEqual && other >= 0; other--)
                if (equal(plane.channels()[c], plane.channels()[other], missing)) first[c] = other;
            if (count > 1) only[c] = onlyLevel(plane.channels()[c], missing);
        }
        return new AlikeChannels(first, only);
    }

    private static boolean equal(float[] one, float[] other, boolean[] missing) {
        for (int i = 0; i < one.length; i++)
            if ((missing == null || !missing[i]) && one[i] != other[i]) return false;
        return true;
    }

    private static float onlyLevel(float[] channel, boolean[] missing) {
        float level = Float.NaN;
        for (int i = 0; i < channel.length; i++) {
            if (missing != null && missing[i]) continue;
            if (Float.isNaN(level)) level = channel[i];
            else if (channel[i] != level) return Float.NaN;
        }
        return level;
    }

    /**
     * {@return whether a channel, from 0, must be restored, where channels are restored one by one}
     */
    public boolean isNeeded(int channel) {
        if (first[channel] != channel) return false;
        if (isConstant(channel)) return channel == 0 && allConstant();
        return true;
    }

    private boolean allConstant() {
        for (int c = 0; c < only.length; c++) if (!isConstant(c)) return false;
        return true;
    }

    private boolean isConstant(int channel) {
        return !Float.isNaN(only[channel]);
    }

    /**
     * {@return the channel whose result, where it is restored alone, is that of this channel, from
     * 0, as well}
     */
    public int source(int channel) {
        for (int c = first[channel]; c >= 0; c--) if (isNeeded(c)) return c;
        for (int c = 0; c < first.length; c++) if (isNeeded(c)) return c;
        throw new IllegalStateException("No channel is restored.");
    }

    /**
     * {@return a result with the restored channels made equal, by their mean, and constant where
     * the measured ones were}
     */
    public RestorationResult impose(RestorationResult result) {
        imposeOn(result.restored(), false);
        if (result.standardDeviation() != null) imposeOn(result.standardDeviation(), true);
        return result;
    }

    private void imposeOn(Plane plane, boolean spread) {
        for (int c = 0; c < first.length; c++) {
            final float[] channel = plane.channels()[c];
            if (isConstant(c)) Arrays.fill(channel, spread ? 0 : only[c]);
            else if (first[c] == c) average(plane, c);
            else System.arraycopy(plane.channels()[first[c]], 0, channel, 0, channel.length);
        }
    }

    private void average(Plane plane, int channel) {
        int count = 0;
        for (final int c : first) if (c == channel) count++;
        if (count == 1) return;
        final float[] mean = plane.channels()[channel];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (int c = 0; c < first.length; c++)
                if (first[c] == channel) sum += plane.channels()[c][i];
            mean[i] = (float) (sum / count);
        }
    }
}
