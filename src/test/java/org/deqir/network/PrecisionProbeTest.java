/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.deqir.network.layout.Precision;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class PrecisionProbeTest {

    private final AtomicLong clock = new AtomicLong();

    @Test
    void takesBfloat16WhereItIsClearlyFaster() {
        assertEquals(Precision.BFLOAT16, faster(List.of(100L), List.of(50L)));
        assertEquals(Precision.FLOAT32, faster(List.of(100L), List.of(900L)));
    }

    @Test
    void keepsFloat32WhereBfloat16GainsLittle() {
        assertEquals(Precision.FLOAT32, faster(List.of(100L), List.of(90L)));
        assertEquals(Precision.BFLOAT16, faster(List.of(100L), List.of(79L)));
    }

    @Test
    void callsThatWereHeldUpDoNotDecide() {
        assertEquals(
                Precision.BFLOAT16,
                faster(List.of(9L, 100L, 700L, 100L), List.of(9L, 5000L, 50L, 60L)));
        assertEquals(
                Precision.FLOAT32,
                faster(List.of(9L, 900L, 100L, 800L), List.of(9L, 120L, 110L, 115L)));
    }

    @Test
    void theFirstCallsDoNotCount() {
        assertEquals(Precision.FLOAT32, faster(List.of(9000L, 100L), List.of(1L, 100L)));
    }

    @Test
    void isMeasuredOnce() {
        assertSame(PrecisionProbe.fastest(), PrecisionProbe.fastest());
    }

    /** Times of successive calls; the last one goes on. */
    private Precision faster(List<Long> float32, List<Long> bfloat16) {
        return PrecisionProbe.faster(taking(float32), taking(bfloat16), 3, clock::get);
    }

    private Runnable taking(List<Long> times) {
        final Iterator<Long> next = times.iterator();
        return () -> clock.addAndGet(next.hasNext() ? next.next() : times.get(times.size() - 1));
    }
}
