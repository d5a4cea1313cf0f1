/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deqir.command.key.NeighbourKeys;
import org.deqir.command.task.RestorationTask.Measured;
import org.deqir.image.Plane;
import org.deqir.neighbours.Fusion;
import org.deqir.physics.noise.NoiseModel;

/**
 * The planes of a stack that help each other. As many as a result needs are kept, each read once.
 */
final class Neighbourhood {

    private final RestorationTask task;
    private final NeighbourKeys keys;

    /** What was read last. */
    private final Map<Integer, Optional<Measured>> window =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, Optional<Measured>> eldest) {
                    return size() > 2 * keys.count() + 1;
                }
            };

    private Rectangle windowPart;

    /**
     * @param keys with the axis along which planes are neighbours
     */
    Neighbourhood(RestorationTask task, NeighbourKeys keys) {
        this.task = task;
        this.keys = keys;
    }

    NeighbourKeys keys() {
        return keys;
    }

    /**
     * What was measured in a part of a plane, averaged with what its neighbours share with it.
     *
     * @throws IllegalArgumentException as {@link RestorationTask#measuredAlone}
     */
    Measured measured(int index, Rectangle part) {
        if (!part.equals(windowPart)) {
            window.clear();
            windowPart = part;
        }
        final Measured alone = seen(index, part).orElseGet(() -> task.measuredAlone(index, part));
        final NoiseModel model = alone.noise().model();
        if (model.isExact()) return alone;
        final List<Fusion.Neighbour> helping = new ArrayList<>();
        for (final NeighbourKeys.Neighbour neighbour : keys.of(task.source.image(), index))
            seen(neighbour.index(), part)
                    .ifPresent(
                            other ->
                                    helping.add(
                                            new Fusion.Neighbour(
                                                    known(other, neighbour.index(), part),
                                                    neighbour.steps())));
        return new Measured(
                alone.plane(), alone.noise(), Fusion.of(known(alone, index, part), helping, model));
    }

    /** A plane by itself; empty if it cannot be measured, which is told when its turn comes. */
    private Optional<Measured> seen(int index, Rectangle part) {
        final Optional<Measured> known = window.remove(index);
        final Optional<Measured> seen = known != null ? known : read(index, part);
        window.put(index, seen);
        return seen;
    }

    private Optional<Measured> read(int index, Rectangle part) {
        try {
            return Optional.of(task.measuredAlone(index, part));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The grey levels of a plane, NaN where it is unknown. */
    private Plane known(Measured measured, int index, Rectangle part) {
        final boolean[] unknown = task.unknown(index, part);
        if (unknown == null) return measured.plane();
        final Plane known = measured.plane().copy();
        for (final float[] channel : known.channels())
            for (int i = 0; i < unknown.length; i++) if (unknown[i]) channel[i] = Float.NaN;
        return known;
    }
}
