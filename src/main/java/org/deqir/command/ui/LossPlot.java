/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import ij.gui.Plot;
import ij.gui.PlotWindow;
import ij.macro.Interpreter;
import java.awt.GraphicsEnvironment;
import java.util.Arrays;

/**
 * A window with the curve of an optimisation's loss that grows while the optimisation runs. Without
 * a display and in batch mode there is none.
 */
public final class LossPlot {

    private final String title;
    private double[] losses = new double[0];
    private PlotWindow window;

    /** A plot of losses over rounds, which opens when there are some to draw. */
    public LossPlot(String title) {
        this.title = title;
    }

    /** Whether anybody could see the window. */
    private static boolean isVisible() {
        return !GraphicsEnvironment.isHeadless() && !Interpreter.isBatchMode();
    }

    /**
     * Adds a value to the curve, which has a linear axis; the first one, round 0, begins a new
     * curve.
     */
    public void add(int round, double loss) {
        losses = Arrays.copyOf(losses, round + 1);
        losses[round] = loss;
        if (!isVisible() || round == 0) return;
        final Plot plot = plot();
        if (window == null || !window.isVisible()) {
            if (window != null) return; // the user closed it
            window = plot.show();
        } else window.drawPlot(plot);
    }

    /** {@return the curve as it is now} */
    public Plot plot() {
        final Plot plot = new Plot(title, "Round", "Loss");
        final double[] rounds = new double[losses.length];
        Arrays.setAll(rounds, i -> i);
        plot.add("connected circle", rounds, losses);
        return plot;
    }
}
