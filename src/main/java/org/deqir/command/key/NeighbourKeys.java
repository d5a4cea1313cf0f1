/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys {@code neighbours}, {@code along} and {@code exposures}: which planes of a stack help to
 * restore another.
 *
 * @param count frames or slices to each side, 0 for none
 * @param along {@code time}, {@code z} or {@code auto}: time if there is more than one frame
 * @param map whether a second image tells how many exposures entered each pixel
 */
public record NeighbourKeys(int count, String along, boolean map) {

    /** No plane helps another. */
    public static final NeighbourKeys NONE = new NeighbourKeys(0, "auto", false);

    /**
     * A plane that helps another.
     *
     * @param index position in the stack, from 1
     * @param steps frames or slices between both, 1 for the next
     */
    public record Neighbour(int index, int steps) {}

    /** {@return whether planes are restored each for itself} */
    public boolean isNone() {
        return count == 0;
    }

    /**
     * {@return these keys with the axis that {@code auto} means in an image}
     *
     * @throws IllegalArgumentException if the image has one plane only along the axis
     */
    public NeighbourKeys of(ImagePlus image) {
        if (isNone()) return this;
        final String axis = !along.equals("auto") ? along : image.getNFrames() > 1 ? "time" : "z";
        final int length = axis.equals("time") ? image.getNFrames() : image.getNSlices();
        if (length > 1) return new NeighbourKeys(count, axis, map);
        throw new IllegalArgumentException(
                along.equals("auto")
                        ? "neighbours = "
                                + count
                                + ": '"
                                + image.getTitle()
                                + "' has one plane only; neighbours = 0 restores it alone."
                        : "along = '"
                                + along
                                + "': '"
                                + image.getTitle()
                                + "' has one "
                                + (axis.equals("time") ? "frame" : "slice")
                                + " only, and "
                                + (axis.equals("time")
                                        ? image.getNSlices() + " slices (along=z)"
                                        : image.getNFrames() + " frames (along=time)")
                                + "; Image > Properties... tells frames from slices.");
    }

    /**
     * {@return the planes that help the one at a position from 1, nearest first; fewer at the ends}
     */
    public List<Neighbour> of(ImagePlus image, int index) {
        final List<Neighbour> neighbours = new ArrayList<>();
        for (int steps = 1; steps <= count; steps++)
            for (final int side : new int[] {-steps, steps}) {
                final int[] place = image.convertIndexToPosition(index);
                final int axis = along.equals("time") ? 2 : 1;
                place[axis] += side;
                if (place[axis] >= 1
                        && place[axis] <= (axis == 2 ? image.getNFrames() : image.getNSlices()))
                    neighbours.add(
                            new Neighbour(
                                    image.getStackIndex(place[0], place[1], place[2]), steps));
            }
        return neighbours;
    }
}
