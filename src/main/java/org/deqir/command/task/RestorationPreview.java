/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import ij.ImagePlus;
import java.awt.Rectangle;
import java.util.function.BooleanSupplier;
import org.deqir.progress.Progress;

/** The window in which a dialog shows its preview, used again for every change. */
public final class RestorationPreview {

    /** Larger parts take too long to be shown at every change. */
    private static final int LARGEST = 256;

    private ImagePlus window;

    /**
     * The middle of what the image's window shows, at most {@value #LARGEST} pixels wide and high;
     * of the whole image, if it has no window.
     */
    static Rectangle visiblePart(ImagePlus image) {
        final Rectangle all = new Rectangle(image.getWidth(), image.getHeight());
        final Rectangle visible =
                image.getCanvas() == null ? all : image.getCanvas().getSrcRect().intersection(all);
        final int width = Math.min(visible.width, LARGEST);
        final int height = Math.min(visible.height, LARGEST);
        return new Rectangle(
                visible.x + (visible.width - width) / 2,
                visible.y + (visible.height - height) / 2,
                width,
                height);
    }

    /** {@return a progress that reports nothing and asks whether the preview is to stop} */
    public static Progress progress(BooleanSupplier isCanceled) {
        return new Progress() {
            @Override
            public void update(String stage, double fraction) {
                // a preview is over before anybody reads how far it is
            }

            @Override
            public boolean isCanceled() {
                return isCanceled.getAsBoolean();
            }
        };
    }

    /** Shows an image in the window of the preview, which opens with the first one. */
    public synchronized void show(ImagePlus preview) {
        if (window == null || window.getWindow() == null) {
            window = preview;
            window.show();
        } else {
            window.setImage(preview);
            window.setTitle(preview.getTitle());
        }
    }

    /** Closes the window of the preview, if there is one. */
    public synchronized void close() {
        if (window == null) return;
        window.changes = false;
        window.close();
        window = null;
    }
}
