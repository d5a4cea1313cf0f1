/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import ij.ImagePlus;
import java.awt.Rectangle;
import org.deqir.Guide;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.Titles;
import org.deqir.image.Plane;

/**
 * The keys of a reference that guides a restoration.
 *
 * @param reference title of the open reference image
 * @param weight weight of the distance to it
 * @param detail weight of the agreement in its fine structures
 * @param fit whether its intensities are its own
 * @param inSelection whether it counts inside the image's selection only
 * @param fromReference whether to begin at the reference
 */
public record GuideKeys(
        String reference,
        double weight,
        double detail,
        boolean fit,
        boolean inSelection,
        boolean fromReference) {

    /** Gives the guide for a part of a plane. */
    public interface PlaneGuide {

        /**
         * {@return the guide, in the pixels of the result, for a part of the plane at a position
         * from 1}
         */
        Guide of(int index, Rectangle part);
    }

    /**
     * {@return the guides of an image}
     *
     * @param scale pixels of the result per pixel of the image
     * @throws IllegalArgumentException if a key is missing or the reference does not fit
     */
    public PlaneGuide of(PlaneSource image, int scale) {
        final PlaneSource guide =
                PlaneSource.of(Titles.open("reference", reference, image.image()));
        requireFit(image, guide.image(), scale);
        if (weight == 0 && detail == 0)
            throw new IllegalArgumentException(
                    "weight and detail are both 0: the reference would not count.");
        final ImagePlus selected = image.image();
        if (inSelection && (selected.getRoi() == null || !selected.getRoi().isArea()))
            throw new IllegalArgumentException(
                    "region = 'selection' needs an area selection on '"
                            + selected.getTitle()
                            + "'.");
        final Region region = inSelection ? Region.selected(selected, 0) : null;
        return (index, part) -> {
            final int slice = guide.image().getStackSize() == 1 ? 1 : index;
            final Plane plane = guide.read(slice, scaled(part, scale));
            if (plane.hasNonFinite())
                throw new IllegalArgumentException(
                        "There are NaN or infinite pixels in " + guide.nameOf(slice) + ".");
            return new Guide(
                    plane,
                    weight,
                    detail,
                    region == null ? null : mask(region, part, scale),
                    fit,
                    fromReference);
        };
    }

    private void requireFit(PlaneSource image, ImagePlus guide, int scale) {
        final int width = image.width() * scale;
        final int height = image.height() * scale;
        if (guide.getWidth() != width || guide.getHeight() != height)
            throw new IllegalArgumentException(
                    String.format(
                            "reference = '%s' has %s × %s pixels, but the result will have %s ×"
                                    + " %s: register and scale it first.",
                            guide.getTitle(), guide.getWidth(), guide.getHeight(), width, height));
        final int planes = image.image().getStackSize();
        if (guide.getStackSize() != 1 && guide.getStackSize() != planes)
            throw new IllegalArgumentException(
                    String.format(
                            "reference = '%s' has %s slices, but the image has %s; it must have as"
                                    + " many, or 1.",
                            guide.getTitle(), guide.getStackSize(), planes));
        if (guide.getType() == ImagePlus.COLOR_RGB && !image.isRgb())
            throw new IllegalArgumentException(
                    "reference = '"
                            + guide.getTitle()
                            + "' is an RGB image, but the image is grey: convert it first.");
    }

    private static Rectangle scaled(Rectangle part, int scale) {
        return new Rectangle(
                part.x * scale, part.y * scale, part.width * scale, part.height * scale);
    }

    private static boolean[] mask(Region region, Rectangle part, int scale) {
        final Rectangle box = region.box();
        final int width = part.width * scale;
        final boolean[] inside = new boolean[width * part.height * scale];
        for (int i = 0; i < inside.length; i++) {
            final int x = part.x + i % width / scale;
            final int y = part.y + i / width / scale;
            inside[i] = box.contains(x, y) && region.contains(x, y);
        }
        return inside;
    }
}
