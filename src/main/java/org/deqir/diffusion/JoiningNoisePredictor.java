/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Joins the calls that several threads make side by side into one: small images go through the
 * network faster together.
 *
 * <p>Each thread restores an image of its own. A call waits until all threads that have not left
 * wait as well; the last one runs the network for all of them. Which images go together therefore
 * depends on who takes part and not on how fast they are.
 */
public final class JoiningNoisePredictor extends ForwardingNoisePredictor {

    private final List<Request> waiting = new ArrayList<>();
    private int participants;

    /**
     * @param network the network; stays the caller's
     * @param participants threads that are going to call, each of which must {@link #leave} when it
     *     has made its last call
     */
    public JoiningNoisePredictor(NoisePredictor network, int participants) {
        super(network);
        this.participants = participants;
    }

    /** One thread's call. */
    private static final class Request {

        private final NDArray x;
        private final double[] timesteps;
        private NDArray noise;
        private Throwable failure;

        Request(NDArray x, double[] timesteps) {
            this.x = x;
            this.timesteps = timesteps;
        }

        boolean isDone() {
            return noise != null || failure != null;
        }
    }

    /** A processor whatever the network runs on: there nobody measures calls, which would wait. */
    @Override
    public String device() {
        return "cpu";
    }

    @Override
    public synchronized NDArray predict(NDArray x, double[] timesteps) {
        final Request request = new Request(x, timesteps);
        waiting.add(request);
        runIfAllWait();
        try {
            while (!request.isDone()) wait();
        } catch (InterruptedException e) {
            waiting.remove(request);
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
        if (request.failure instanceof Error error) throw error;
        if (request.failure != null) throw (RuntimeException) request.failure;
        return request.noise;
    }

    /** Says that the calling thread makes no further calls. */
    public synchronized void leave() {
        participants--;
        runIfAllWait();
    }

    private void runIfAllWait() {
        if (waiting.isEmpty() || waiting.size() < participants) return;
        final List<Request> all = new ArrayList<>(waiting);
        waiting.clear();
        while (!all.isEmpty()) {
            final Shape image = imageShape(all.get(0));
            final List<Request> alike =
                    all.stream().filter(other -> imageShape(other).equals(image)).toList();
            all.removeAll(alike);
            run(alike);
        }
        notifyAll();
    }

    private static Shape imageShape(Request request) {
        return request.x.getShape().slice(1);
    }

    private void run(List<Request> requests) {
        try (NDManager scope = requests.get(0).x.getManager().newSubManager()) {
            final NDList images = new NDList();
            for (final Request request : requests) images.add(request.x);
            final double[] timesteps =
                    requests.stream()
                            .flatMapToDouble(request -> Arrays.stream(request.timesteps))
                            .toArray();
            final NDArray batch = NDArrays.concat(images);
            batch.attach(scope);
            final NDArray noise = network.predict(batch, timesteps);
            noise.attach(scope);
            int row = 0;
            for (final Request request : requests) {
                final int next = row + request.timesteps.length;
                try (NDArray rows = noise.get(new NDIndex(row + ":" + next))) {
                    request.noise = rows.duplicate();
                    request.noise.attach(request.x.getManager());
                }
                row = next;
            }
        } catch (RuntimeException | Error e) { // all of them wait, and must hear of either
            for (final Request request : requests) {
                if (request.noise != null) request.noise.close();
                request.noise = null;
                request.failure = e;
            }
        }
    }
}
