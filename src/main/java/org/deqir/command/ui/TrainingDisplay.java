/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import ij.ImagePlus;
import ij.gui.Plot;
import ij.gui.PlotWindow;
import ij.macro.Interpreter;
import java.awt.Color;
import java.awt.GraphicsEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.deqir.progress.Progress;
import org.deqir.training.Measurement;
import org.deqir.training.Sample;
import org.deqir.training.TrainingMonitor;
import org.scijava.log.LogService;

/**
 * Shows a training: progress, a plot of the losses, and restored patches; without windows headless
 * and in batch mode. Every measurement is a line of the log.
 */
public final class TrainingDisplay implements TrainingMonitor {

    private static final double MARGIN = 1.1;

    private final String name;
    private final Progress progress;
    private final LogService log;
    private final List<Measurement> measurements = new ArrayList<>();
    private PlotWindow window;
    private ImagePlus patches;

    /** Shows the training of a model in the log, a plot and a panel of samples. */
    public TrainingDisplay(String name, Progress progress, LogService log) {
        this.name = name;
        this.progress = progress;
        this.log = log;
    }

    private static boolean hasWindows() {
        return !GraphicsEnvironment.isHeadless() && !Interpreter.isBatchMode();
    }

    @Override
    public boolean isCanceled() {
        return progress.isCanceled();
    }

    @Override
    public void stepped(long step, double share) {
        final Measurement last =
                measurements.isEmpty() ? null : measurements.get(measurements.size() - 1);
        progress.update(
                "Training "
                        + name
                        + ", step "
                        + step
                        + (last == null
                                ? ""
                                : String.format(
                                        Locale.ROOT,
                                        ", validation loss %.4f",
                                        last.validationLoss())),
                share);
    }

    @Override
    public void measured(Measurement measurement) {
        measurements.add(measurement);
        log.info(line(name, measurement));
        if (!hasWindows()) return;
        final Plot plot = plot(name, measurements);
        if (window == null || !window.isVisible()) window = plot.show();
        else window.drawPlot(plot);
    }

    /** {@return a measurement of a training in one line of the log} */
    public static String line(String name, Measurement m) {
        final String loss =
                Double.isFinite(m.loss())
                        ? String.format(Locale.ROOT, "loss %.5f, ", m.loss())
                        : "";
        return String.format(
                Locale.ROOT,
                "DeqIR training of %s: %d step%s, %.0f s, %svalidation loss %.5f, denoising %.2f dB",
                name,
                m.step(),
                m.step() == 1 ? "" : "s",
                m.seconds(),
                loss,
                m.validationLoss(),
                m.psnr());
    }

    /**
     * {@return the losses over the steps of a training; the steps of the first measurement have no
     * loss}
     */
    public static Plot plot(String name, List<Measurement> measurements) {
        final Plot plot = new Plot("DeqIR training of " + name, "Step", "Loss");
        final List<Measurement> later =
                measurements.stream().filter(m -> Double.isFinite(m.loss())).toList();
        plot.setColor(Color.GRAY);
        plot.add("line", values(later, Measurement::step), values(later, Measurement::loss));
        plot.setColor(Color.BLUE);
        plot.setLineWidth(2);
        plot.add(
                "line",
                values(measurements, Measurement::step),
                values(measurements, Measurement::validationLoss));
        plot.setLegend("training\tvalidation", Plot.TOP_RIGHT);
        plot.setAxisYLog(true);
        final double[] losses =
                DoubleStream.concat(
                                later.stream().mapToDouble(Measurement::loss),
                                measurements.stream().mapToDouble(Measurement::validationLoss))
                        .sorted()
                        .toArray();
        plot.setLimits(
                0,
                Math.max(1, measurements.get(measurements.size() - 1).step()),
                losses[0] / MARGIN,
                losses[losses.length - 1] * MARGIN);
        return plot;
    }

    private static double[] values(List<Measurement> list, ToDoubleFunction<Measurement> value) {
        return list.stream().mapToDouble(value).toArray();
    }

    @Override
    public void sampled(List<Sample> samples) {
        if (!hasWindows()) return;
        final ImagePlus latest = SamplePanel.of("DeqIR training of " + name, samples);
        if (patches == null || !patches.isVisible()) {
            patches = latest;
            patches.show();
        } else patches.setProcessor(latest.getProcessor());
    }
}
