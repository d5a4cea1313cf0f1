/**
 * Files with the weights of a network: PyTorch's zip and legacy formats and safetensors are read,
 * safetensors is written.
 *
 * <p>Nothing in a file is ever executed. A {@link org.deqir.network.checkpoint.Checkpoint} lists
 * its tensors at once and reads each when asked, so that a file may be larger than the Java heap.
 */
package org.deqir.network.checkpoint;
