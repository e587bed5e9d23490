// SPDX-License-Identifier: Apache-2.0

// Package fakepods writes the stages by which KWOK plays the kubelet: the life of a pod that runs nowhere.
//
// A container whose image says nothing special becomes ready at once. An image that ends in one of the marks of behaviours
// (such as registry.test/shop:v3-crash) makes its container misbehave, the way a kubelet would report it. Every other container
// of the pod stays healthy. A pod that is to go vanishes at once.
package fakepods
