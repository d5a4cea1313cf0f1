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
    private final Map<Integer, Optional<Plane>> window =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, Optional<Plane>> eldest) {
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

    /** A measured plane, averaged with what its neighbours share with it. */
    Measured join(Measured alone, int index, Rectangle part) {
        final NoiseModel model = alone.noise().model();
        if (!part.equals(windowPart)) {
            window.clear();
            windowPart = part;
        }
        final Plane own = without(alone.plane(), task.unknown(index, part));
        window.put(index, Optional.of(own));
        final List<Fusion.Neighbour> helping = new ArrayList<>();
        for (final NeighbourKeys.Neighbour neighbour : keys.of(task.source.image(), index))
            seen(neighbour.index(), part, model)
                    .ifPresent(
                            other -> helping.add(new Fusion.Neighbour(other, neighbour.steps())));
        return new Measured(alone.plane(), alone.noise(), Fusion.of(own, helping, model));
    }

    private Optional<Plane> seen(int index, Rectangle part, NoiseModel model) {
        final Optional<Plane> known = window.remove(index);
        final Optional<Plane> seen = known != null ? known : task.asNeighbour(index, part, model);
        window.put(index, seen);
        return seen;
    }

    /** A plane with NaN where it is unknown; the plane itself if all is known. */
    static Plane without(Plane plane, boolean[] unknown) {
        if (unknown == null) return plane;
        final Plane known = plane.copy();
        for (final float[] channel : known.channels())
            for (int i = 0; i < unknown.length; i++) if (unknown[i]) channel[i] = Float.NaN;
        return known;
    }
}
