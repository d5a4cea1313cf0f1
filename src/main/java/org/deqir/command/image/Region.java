/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.gui.Roi;
import ij.process.ImageProcessor;
import java.awt.Rectangle;

/**
 * The part of a plane that a command changes.
 *
 * <p>With an area selection these are the pixels inside it; what is computed is its bounding box
 * with some context around. Without one, or with a line or points, it is the whole plane.
 */
public final class Region {

    private final Rectangle box;
    private final Rectangle context;
    private final Rectangle maskBounds;
    private final ImageProcessor mask;

    private Region(Rectangle box, Rectangle context, Rectangle maskBounds, ImageProcessor mask) {
        this.box = box;
        this.context = context;
        this.maskBounds = maskBounds;
        this.mask = mask;
    }

    /** {@return the whole plane, whatever is selected} */
    public static Region whole(ImagePlus image) {
        final Rectangle all = new Rectangle(image.getWidth(), image.getHeight());
        return new Region(all, all, all, null);
    }

    /**
     * {@return a rectangle, which must lie within the image, with context of {@code margin} pixels
     * around it}
     */
    public static Region rectangle(ImagePlus image, Rectangle box, int margin) {
        return new Region(new Rectangle(box), grown(box, margin, image), box, null);
    }

    /**
     * {@return the image's selection, with context of {@code margin} pixels where the image has
     * them}
     *
     * @throws IllegalArgumentException if the selection holds no pixel of the image
     */
    public static Region selected(ImagePlus image, int margin) {
        final Roi roi = image.getRoi();
        if (roi == null || !roi.isArea()) return whole(image);
        final Rectangle bounds = roi.getBounds();
        final Rectangle box =
                bounds.intersection(new Rectangle(image.getWidth(), image.getHeight()));
        final ImageProcessor mask = roi.getMask();
        final Region region = new Region(box, grown(box, margin, image), bounds, mask);
        if (box.isEmpty() || !region.holdsAnyPixel())
            throw new IllegalArgumentException(
                    "The selection holds no pixel of the image '" + image.getTitle() + "'.");
        return region;
    }

    private static Rectangle grown(Rectangle box, int margin, ImagePlus image) {
        final Rectangle grown = new Rectangle(box);
        grown.grow(margin, margin);
        return grown.intersection(new Rectangle(image.getWidth(), image.getHeight()));
    }

    private boolean holdsAnyPixel() {
        for (int y = box.y; y < box.y + box.height; y++)
            for (int x = box.x; x < box.x + box.width; x++) if (contains(x, y)) return true;
        return false;
    }

    /** {@return the bounding box of the pixels that change, in pixels of the image} */
    public Rectangle box() {
        return new Rectangle(box);
    }

    /** {@return the box with context: what is read and computed} */
    public Rectangle context() {
        return new Rectangle(context);
    }

    /** {@return whether a pixel of the image, which lies in the box, changes} */
    public boolean contains(int x, int y) {
        return mask == null || mask.get(x - maskBounds.x, y - maskBounds.y) != 0;
    }
}
