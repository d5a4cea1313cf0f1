/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import org.deqir.model.ScheduleDescription;
import org.deqir.network.NetworkArchitecture;
import org.deqir.network.checkpoint.Checkpoint;

/**
 * What a training starts from.
 *
 * @param architecture the network
 * @param schedule the noise schedule
 * @param weights the first weights, under exactly the names of the architecture; not needed after
 *     the start
 * @param description where they come from, for the provenance: a model and its hash, or chance
 */
public record Origin(
        NetworkArchitecture architecture,
        ScheduleDescription schedule,
        Checkpoint weights,
        String description) {}
