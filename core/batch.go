package core

type batch struct{}
