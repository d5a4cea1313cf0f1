/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.progress.Progress;

/**
 * The network as the solvers use it: in batches of limited size, counted, and stopped before the
 * next call when the user cancels.
 */
public final class NetworkCalls {

    private final NoisePredictor predictor;
    private final int maxBatch;
    private final Progress progress;
    private long predicted;
    private int calls;
    private String stage = "";
    private double stageFrom;
    private double stageTo;
    private long stageStart;
    private long stageImages = 1;

    /**
     * @param predictor the network
     * @param maxBatch most images in one call
     * @param progress asked before every network call whether to go on
     */
    public NetworkCalls(NoisePredictor predictor, int maxBatch, Progress progress) {
        this.predictor = predictor;
        this.maxBatch = maxBatch;
        this.progress = progress;
    }

    /**
     * Begins a stage of the work, whose calls advance the progress evenly.
     *
     * @param stage what is being done, in words for the user
     * @param from progress at its start, 0 to 1
     * @param to progress at its end
     * @param images images that the stage will put through the network
     */
    public void begin(String stage, double from, double to, long images) {
        this.stage = stage;
        stageFrom = from;
        stageTo = to;
        stageStart = predicted;
        stageImages = images;
        progress.update(stage, from);
    }

    /** Most images in one call. */
    int maxBatch() {
        return maxBatch;
    }

    /** {@return images that went through the network so far} */
    public long evaluations() {
        return predicted * predictor.evaluationsPerImage();
    }

    /** {@return batches that went through the network so far} */
    public int calls() {
        return calls;
    }

    /**
     * {@return the predicted noise of any number of images (N, C, H, W), with a timestep for each,
     * as {@link NoisePredictor#predict} gives it}
     *
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public NDArray predict(NDArray x, double[] timesteps) {
        final int rows = Math.toIntExact(x.size(0));
        if (rows <= maxBatch) return call(x, timesteps);
        try (NDManager sub = x.getManager().newSubManager()) {
            final NDList parts = new NDList();
            for (int from = 0; from < rows; from += maxBatch) {
                final int to = Math.min(rows, from + maxBatch);
                try (NDArray part = x.get(new NDIndex(from + ":" + to))) {
                    final NDArray epsilon = call(part, Arrays.copyOfRange(timesteps, from, to));
                    epsilon.attach(sub);
                    parts.add(epsilon);
                }
            }
            final NDArray all = NDArrays.concat(parts);
            all.attach(x.getManager());
            return all;
        }
    }

    /** A solver could not say what is wrong: what it compares with NaN is neither more nor less. */
    private void requireFinite(NDArray epsilon, double[] timesteps) {
        try (NDArray sum = epsilon.sum()) {
            if (Float.isFinite(sum.getFloat())) return;
        }
        int row = 0;
        for (; row < timesteps.length - 1; row++)
            try (NDArray image = epsilon.get(row);
                    NDArray sum = image.sum()) {
                if (!Float.isFinite(sum.getFloat())) break;
            }
        epsilon.close();
        throw new ArithmeticException(
                "The network "
                        + predictor.name()
                        + " answers with values that are not finite at the noise level of timestep "
                        + Math.round(timesteps[row])
                        + ": its weights are damaged, or its images are far outside the range that"
                        + " it knows.");
    }

    /** {@return the predicted noise of images at one timestep} */
    public NDArray predict(NDArray x, double timestep) {
        final double[] timesteps = new double[Math.toIntExact(x.size(0))];
        Arrays.fill(timesteps, timestep);
        return predict(x, timesteps);
    }

    private NDArray call(NDArray x, double[] timesteps) {
        progress.checkCanceled();
        final NDArray epsilon = predictor.predict(x, timesteps);
        if (!epsilon.getShape().equals(x.getShape()))
            throw new IllegalStateException(
                    "The network predicted noise of shape %s for images of shape %s."
                            .formatted(epsilon.getShape(), x.getShape()));
        requireFinite(epsilon, timesteps);
        calls++;
        predicted += timesteps.length;
        final double share = Math.min(1, (predicted - stageStart) / (double) stageImages);
        progress.update(stage, stageFrom + (stageTo - stageFrom) * share);
        return epsilon;
    }
}
