/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.util.Map;

/**
 * Layout of a network ε_θ(x, t): which parameters it has and what it computes from them.
 *
 * <p>Implementations are immutable values made from a configuration.
 */
public interface NetworkArchitecture {

    /** {@return short name of the layout, as descriptors of models state it} */
    String layout();

    /**
     * {@return the configuration under the names of the layout's original code, as plain YAML
     * values}
     */
    Map<String, Object> configuration();

    /** {@return module of the layout's original Python code} */
    String originalModule();

    /** {@return class of the layout in that module} */
    String originalClass();

    /** {@return channels C of the images} */
    int channels();

    /**
     * {@return the height and width that the network itself takes are multiples of this power of
     * two}
     */
    int stride();

    /**
     * {@return channels of the features at the image's own resolution, which decide about memory}
     */
    int width();

    /** {@return the network as TorchScript whose convolutions compute in a precision} */
    NetworkProgram program(Precision precision);
}
