/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import java.awt.Rectangle;

/** The window that shows the preview; one a dialog, reused for every change. */
final class RestorationPreview {

    private final ImagePlus window = new ImagePlus();

    void show(ImagePlus preview, String title) {
        window.setImage(preview);
        window.setTitle(title);
        if (!window.isVisible()) window.show();
        window.updateAndDraw();
    }

    void close() {
        window.changes = false;
        window.close();
    }

    /** The part of an image that is visible in its window; all of it without one. */
    static Rectangle visiblePart(ImagePlus image) {
        final Rectangle all = new Rectangle(image.getWidth(), image.getHeight());
        return image.getCanvas() == null ? all : image.getCanvas().getSrcRect().intersection(all);
    }
}
