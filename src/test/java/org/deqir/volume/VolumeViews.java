/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import org.deqir.image.Volume;

/** Volumes side by side in three views through a point, and along lines through it. */
final class VolumeViews {

    private static final int ZOOM = 3;
    private static final int GAP = 6;
    private static final int TITLE = 20;

    /** Pixels of a slice's distance. */
    private static final int STEP = 2;

    private static final Color[] COLOURS = {
        Color.BLACK, new Color(150, 150, 150), new Color(215, 120, 0), new Color(0, 90, 200)
    };

    private final int[] point;
    private final double low;
    private final double high;
    private final List<String> titles = new ArrayList<>();
    private final List<Volume> volumes = new ArrayList<>();

    /**
     * @param point from the middle of a volume: slices, rows and columns
     * @param low grey level that is black
     * @param high grey level that is white
     */
    VolumeViews(int[] point, double low, double high) {
        this.point = point.clone();
        this.low = low;
        this.high = high;
    }

    VolumeViews add(String title, Volume volume) {
        titles.add(title);
        volumes.add(volume);
        return this;
    }

    private static float at(Volume volume, int z, int y, int x) {
        return volume.samples()[(z * volume.height() + y) * volume.width() + x];
    }

    private int[] place(Volume volume) {
        return new int[] {
            volume.depth() / 2 + point[0],
            volume.height() / 2 + point[1],
            volume.width() / 2 + point[2]
        };
    }

    /** Of each volume xy, right of it yz, below it xz. */
    BufferedImage slices() {
        final Volume first = volumes.get(0);
        final int across = ZOOM * (first.width() + STEP * first.depth()) + 2;
        final int down = ZOOM * (first.height() + STEP * first.depth()) + 2;
        final BufferedImage panel =
                new BufferedImage(
                        2 * across + GAP, 2 * (down + TITLE) + GAP, BufferedImage.TYPE_INT_RGB);
        final Graphics2D graphics = panel.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, panel.getWidth(), panel.getHeight());
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
        for (int n = 0; n < volumes.size(); n++) {
            final int left = n % 2 * (across + GAP);
            final int top = n / 2 * (down + TITLE + GAP);
            graphics.setColor(Color.BLACK);
            graphics.drawString(titles.get(n), left + 2, top + TITLE - 5);
            final Volume volume = volumes.get(n);
            final int[] at = place(volume);
            for (int y = 0; y < down; y++)
                for (int x = 0; x < across; x++) {
                    final int u = x / ZOOM;
                    final int v = y / ZOOM;
                    final boolean right = x >= ZOOM * volume.width() + 2;
                    final boolean below = y >= ZOOM * volume.height() + 2;
                    if (right && below || !right && u >= volume.width()) continue;
                    if (!below && v >= volume.height()) continue;
                    final int beyond =
                            ((right ? x - 2 : y - 2) / ZOOM
                                            - (right ? volume.width() : volume.height()))
                                    / STEP;
                    final float level =
                            right
                                    ? at(volume, beyond, v, at[2])
                                    : below
                                            ? at(volume, beyond, at[1], u)
                                            : at(volume, at[0], v, u);
                    panel.setRGB(left + x, top + TITLE + y, 0x010101 * grey(level));
                }
        }
        return panel;
    }

    private int grey(double level) {
        final double share = Math.max(0, Math.min(1, (level - low) / (high - low)));
        return (int) Math.round(255 * Math.sqrt(share));
    }

    /** Grey levels along x and along z through the point. */
    BufferedImage profiles() {
        final BufferedImage plot = new BufferedImage(680, 260, BufferedImage.TYPE_INT_RGB);
        final Graphics2D graphics = plot.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, plot.getWidth(), plot.getHeight());
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        for (int axis = 0; axis < 2; axis++) {
            final int left = 10 + 335 * axis;
            graphics.setColor(Color.BLACK);
            graphics.setStroke(new BasicStroke(1));
            graphics.drawRect(left, 10, 325, 200);
            graphics.drawString(axis == 0 ? "along x, 3 µm" : "along z, 2.8 µm", left + 120, 226);
            for (int n = 0; n < volumes.size(); n++) {
                graphics.setColor(COLOURS[n]);
                graphics.setStroke(new BasicStroke(n == 0 ? 3 : 2));
                graphics.draw(line(volumes.get(n), axis == 0, left));
            }
        }
        for (int n = 0; n < volumes.size(); n++) {
            graphics.setColor(COLOURS[n]);
            graphics.drawString("— " + titles.get(n), 10 + 165 * n, 250);
        }
        return plot;
    }

    private Path2D line(Volume volume, boolean alongX, int left) {
        final Path2D path = new Path2D.Double();
        final int[] at = place(volume);
        final int reach = alongX ? 15 : 15 / STEP;
        double most = 1;
        for (int i = -reach; i <= reach; i++)
            most = Math.max(most, at(volumes.get(0), at[0], at[1], at[2]) - low);
        for (int i = -reach; i <= reach; i++) {
            final double level =
                    at(volume, at[0] + (alongX ? 0 : i), at[1], at[2] + (alongX ? i : 0)) - low;
            final double x = left + 325 * (i + reach) / (2.0 * reach);
            final double y = 205 - 180 * Math.max(-0.02, Math.min(1.05, level / most));
            if (i == -reach) path.moveTo(x, y);
            else path.lineTo(x, y);
        }
        return path;
    }
}
